import { createHash } from 'node:crypto';
import Ajv2020 from 'ajv/dist/2020';
import {
  draftRequest,
  fileOf,
  readerToken,
  TestPlatform,
} from '../__testUtils__/TestPlatform';
import { openApiDocument } from './openApiDocument';

jest.setTimeout(60_000);

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];
interface Operation {
  operationId: string;
  security?: unknown[];
  parameters?: Array<{ name?: string }>;
}

/** Every operation that the platform describes. */
const operations = Object.entries(openApiDocument.paths).flatMap(
  ([path, item]) =>
    METHODS.flatMap((method: Method) => {
      const operation = Reflect.get(Object(item), method) as
        | Operation
        | undefined;
      return operation ? [{ ...operation, method, path }] : [];
    }),
);
type Described = (typeof operations)[number];

const files = [fileOf('model.onnx', 'weights')];
const parameters: Record<string, string> = {
  version: '1',
  digest: files[0].digest,
  path: 'model.onnx',
  alias: 'champion',
  type: 'ml',
  id: 'no-such-id',
  part: '1',
};

/** What each operation is sent, about this model or deployment. */
const bodies: Record<string, (name: string) => object> = {
  updateModel: () => ({ description: 'Another' }),
  openDraft: name => ({ ...draftRequest(name, { files }), force: true }),
  setAlias: () => ({ version: 1 }),
  updateVersion: () => ({ archived: true }),
  approveVersion: () => ({ reason: 'It was looked at' }),
  createWebhook: () => ({
    name: 'ci',
    system: 'plant-catalogue',
    url: 'https://hooks.example.org/models',
    events: ['model_version.created'],
  }),
  updateWebhook: () => ({ status: 'DISABLED' }),
  applyDeployment: name => ({
    spec: { system: 'plant-catalogue', environment: 'local', model: name },
  }),
  switchDeployment: () => ({ off: true }),
  rollbackDeployment: () => ({ revision: 1 }),
  decideRevision: () => ({ request: 1, reason: 'It was looked at' }),
  promoteVariant: () => ({ variant: 'main' }),
  createEndpointToken: () => ({ consumer: 'component:default/guide' }),
  createPublisher: () => ({
    name: 'more',
    grants: [{ actions: ['publish'], systems: ['plant-catalogue'] }],
  }),
};

const PART = 'x';
const digestOfPart = `sha-256=:${createHash('sha256')
  .update(PART)
  .digest('base64')}:`;

const elsewhere = 'configured-token-of-another-system';

describe('every operation', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start({
      publishers: [
        {
          name: 'reader',
          token: readerToken,
          grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
        },
        {
          name: 'elsewhere',
          token: elsewhere,
          grants: [
            {
              actions: ['read', 'publish', 'deploy', 'archive'],
              systems: ['patient-care'],
            },
          ],
        },
      ],
    });
    await platform.publish(draftRequest('guarded', { files }), files);
    for (const operationId of ['setAlias', 'applyDeployment']) {
      const operation = operations.find(one => one.operationId === operationId);
      const { status, message } = await send(
        operation!,
        'guarded',
        'user:default/mira',
      );
      if (status !== 200) throw new Error(`${operationId}: ${message}`);
    }
  });

  afterAll(async () => {
    await platform.stop();
  });

  async function send(
    operation: Described,
    name: string,
    as?: string,
    headers: Record<string, string> = {},
  ) {
    const { operationId, method, path } = operation;
    const route = path
      .slice(1)
      .replace(/\{(\w+)\}/g, (_, parameter) =>
        parameter === 'name' ? name : parameters[parameter],
      );
    const call = platform.call(method, route, as).set(headers);
    const { status, body } = operationId.startsWith('uploadBlob')
      ? await call
          .set('content-type', 'application/octet-stream')
          .set('content-digest', digestOfPart)
          .send(PART)
      : await call
          .set('content-digest', digestOfPart)
          .send(bodies[operationId]?.(name));
    return { operationId, status, message: body.error?.message ?? '' };
  }

  const guarded = operations.filter(({ security }) => security === undefined);

  it('is refused without a token, and with one that is not valid', async () => {
    expect(guarded.length).toBeGreaterThan(30);
    for (const as of [undefined, 'mpt_x_y', 'no-such-token', 'a.b.c']) {
      const answers = await Promise.all(
        guarded.map(operation => send(operation, 'guarded', as)),
      );
      expect(answers.filter(({ status }) => status !== 401)).toEqual([]);
    }
  });

  it.each(['user:default/dana', elsewhere])(
    'says to %s of what it may not see the same as of what is not there',
    async as => {
      const named = guarded.filter(({ path }) => path.includes('{name}'));
      expect(named.length).toBeGreaterThan(25);
      for (const operation of named) {
        const there = await send(operation, 'guarded', as);
        const absent = await send(operation, 'absent', as);
        const plain = (message: string, name: string) =>
          message.replaceAll(name, 'NAME');
        expect({
          ...there,
          message: plain(there.message, 'guarded'),
        }).toEqual({ ...absent, message: plain(absent.message, 'absent') });
        // What is wrong with a declaration is told by field; all else is missing or not allowed.
        const { operationId } = operation;
        const allowed = operationId === 'applyDeployment' ? [400] : [403, 404];
        expect([operationId, allowed.includes(there.status)]).toEqual([
          operationId,
          true,
        ]);
      }
    },
  );

  it('says of a deployment where it may be changed only as it was read', async () => {
    const changing = guarded.filter(
      ({ method, path }) =>
        method !== 'get' && path.startsWith('/v1/deployments/{name}'),
    );
    const described = changing.filter(({ parameters: named = [] }) =>
      named.some(({ name }) => name === 'If-Match'),
    );
    const honoured: Described[] = [];
    for (const operation of changing) {
      const { status, message } = await send(
        operation,
        'guarded',
        'user:default/mira',
        { 'if-match': '"another"' },
      );
      if (status === 409 && message.includes('changed since it was read'))
        honoured.push(operation);
    }
    const names = (of: Described[]) => of.map(({ operationId }) => operationId);
    expect(names(described)).toEqual(names(honoured));
    expect(names(honoured)).toContain('deleteDeployment');
  });

  it('answers a dry run as it is described', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(openApiDocument, 'openapi');
    const answer = await platform
      .call(
        'post',
        'v1/models/guarded/versions?dryRun=true',
        'user:default/mira',
      )
      .send({ model: { name: 'guarded' } });
    expect(answer.status).toBe(200);
    expect(answer.body.problems.length).toBeGreaterThan(1);
    const valid = ajv.validate(
      {
        $ref: 'openapi#/paths/~1v1~1models~1%7Bname%7D~1versions/post/responses/200/content/application~1json/schema',
      },
      answer.body,
    );
    expect([valid, ajv.errors]).toEqual([true, null]);
  });

  it('names to a reader the right that is missing, and who can give it', async () => {
    const reading = ({ method, operationId }: Described) =>
      method === 'get' &&
      // Of what only those see who may make it.
      !['listEndpointTokens', 'getBlobParts', 'getDeclaredDocument'].includes(
        operationId,
      );
    for (const operation of guarded.filter(reading)) {
      const { status } = await send(operation, 'guarded', readerToken);
      expect([operation.operationId, [401, 403].includes(status)]).toEqual([
        operation.operationId,
        false,
      ]);
    }
    const other: Record<string, [number, RegExp]> = {
      createPublisher: [403, /somebody who is signed in can/],
      revokePublisher: [404, /or it is not yours/],
      approveVersion: [409, /No rule of aliases asks for approvals/],
      decideRevision: [404, /guarded has no request 1/],
      createWebhook: [403, /may publish in it; the system's owner group can/],
      updateWebhook: [404, /no-such-id/],
      deleteWebhook: [404, /no-such-id/],
      testWebhook: [404, /no-such-id/],
      redeliverWebhook: [404, /no-such-id/],
    };
    const changing = guarded.filter(operation => !reading(operation));
    expect(changing.length).toBeGreaterThan(15);
    for (const operation of changing) {
      const [status, message] = other[operation.operationId] ?? [
        403,
        /right to [a-z-]+ in system plant-catalogue.*group:default\/botany-ml.*can give it/,
      ];
      expect(await send(operation, 'guarded', readerToken)).toEqual({
        operationId: operation.operationId,
        status,
        message: expect.stringMatching(message),
      });
    }
  });
});
