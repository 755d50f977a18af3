import { expect, test } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { editModel, modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';

const mandatory: Array<[string, (model: Record<string, any>) => void]> = [
  ['name', model => delete model.name],
  ['type', model => delete model.type],
  ['owner', model => delete model.owner],
  ['system', model => delete model.system],
  ['description', model => delete model.description],
  ['metadata.purpose', model => delete model.metadata.purpose],
  ['metadata.audience', model => delete model.metadata.audience],
  ['metadata.method', model => delete model.metadata.method],
  ['metadata.data', model => delete model.metadata.data],
  ['metadata.data.sources', model => delete model.metadata.data.sources],
  [
    'metadata.data.personalData',
    model => delete model.metadata.data.personalData,
  ],
  ['metadata.theme', model => delete model.metadata.theme],
  ['metadata.risk', model => delete model.metadata.risk],
];

test.describe('what is refused', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  for (const [field, remove] of mandatory) {
    test(`a publish without ${field}`, async () => {
      const folder = modelFolder('refused model', remove);
      const refused = await platform.cli(['publish', folder]);
      expect(refused.code).toBe(1);
      expect(refused.stderr + refused.stdout).toContain(field);
      expect((await platform.api('v1/models/refused-model')).status).toBe(404);
    });
  }

  test('everything wrong is told at once, and a dry run says the same', async () => {
    const folder = modelFolder('refused model', model => {
      delete model.metadata.purpose;
      model.metadata.risk = 'enormous';
      model.owner = 'group:default/nobody-at-all';
    });
    for (const args of [
      ['publish', folder],
      ['publish', folder, '--dry-run'],
    ]) {
      const refused = await platform.cli(args);
      expect(refused.code).toBe(1);
      for (const field of ['metadata.purpose', 'metadata.risk', 'owner']) {
        expect(refused.stderr + refused.stdout).toContain(field);
      }
    }
    expect((await platform.api('v1/models/refused-model')).status).toBe(404);
  });

  test('a later publish that moves what belongs to the model', async () => {
    const folder = modelFolder('steady');
    expect((await platform.cli(['publish', folder])).code).toBe(0);
    editModel(folder, model => {
      model.visibility = 'everyone';
    });
    const refused = await platform.cli(['publish', folder]);
    expect(refused.code).toBe(1);
    expect(refused.stderr + refused.stdout).toContain('visibility');
  });

  test('a token without the right, a foreign, an expired and a revoked one', async () => {
    const folder = modelFolder('foreign');
    const asPat = await platform.signIn('pat');
    const make = async (grants: unknown, expiresInSeconds?: number) => {
      const made = await platform.api('v1/publishers', {
        method: 'POST',
        token: asPat,
        body: JSON.stringify({ name: 'test', grants, expiresInSeconds }),
      });
      const body = await made.json();
      expect(made.ok, JSON.stringify(body)).toBe(true);
      return body;
    };

    const readOnly = await make([
      { actions: ['read'], systems: ['plant-catalogue'] },
    ]);
    const refused = await platform.cli(['publish', folder], {
      token: readOnly.token,
    });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/publish/);
    expect(refused.stderr).toMatch(/group:default\/botany-ml|platform admin/);

    const elsewhere = await make([
      { actions: ['read', 'publish', 'deploy'], systems: ['patient-care'] },
    ]);
    expect(
      (await platform.cli(['publish', folder], { token: elsewhere.token }))
        .code,
    ).toBe(3);
    const hidden = await platform.api('v1/models/iris', {
      token: elsewhere.token,
    });
    const missing = await platform.api('v1/models/no-such-model', {
      token: elsewhere.token,
    });
    expect([hidden.status, missing.status]).toEqual([404, 404]);

    const revoked = await make([
      { actions: ['read', 'publish'], systems: ['plant-catalogue'] },
    ]);
    expect(
      (
        await platform.api(`v1/publishers/${revoked.id}`, {
          method: 'DELETE',
          token: asPat,
        })
      ).ok,
    ).toBe(true);
    expect(
      (await platform.cli(['publish', folder], { token: revoked.token })).code,
    ).toBe(3);

    const shortLived = await make(
      [{ actions: ['read'], systems: ['plant-catalogue'] }],
      1,
    );
    await expect
      .poll(
        async () =>
          (
            await platform.api('v1/models', { token: shortLived.token })
          ).status,
        { timeout: 60_000 },
      )
      .toBe(401);
    expect(
      (await platform.api('v1/models', { token: 'mpt_made_up' })).status,
    ).toBe(401);
    expect((await platform.api('v1/models/foreign')).status).toBe(404);
  });

  test('bad input at the doors of the control plane', async () => {
    const post = (
      route: string,
      body: string,
      headers: Record<string, string> = {},
    ) => platform.api(route, { method: 'POST', body, headers });
    expect((await post('v1/models/x/versions', '{"model": ')).status).toBe(400);
    expect((await post('v1/models/x/versions', '[]')).status).toBe(400);
    expect(
      (
        await post(
          'v1/models/x/versions',
          '{"model": 5, "version": "x", "files": {}}',
        )
      ).status,
    ).toBe(400);
    expect(
      (
        await post(
          'v1/models/x/versions',
          JSON.stringify({ pad: 'x'.repeat(10 * 1024 * 1024) }),
        )
      ).status,
    ).toBe(413);
    expect((await platform.api('v1/models?limit=minus-one')).status).toBe(400);
    expect((await platform.api('v1/models?cursor=nonsense')).status).toBe(400);
    expect(
      (
        await platform.api(
          'v1/models/iris/versions/latest/files/..%2F..%2F..%2Fetc%2Fpasswd',
        )
      ).status,
    ).toBe(404);
    expect((await platform.api('v1/models/iris/versions/99')).status).toBe(404);
    expect((await platform.api('v1/no-such-thing')).status).toBe(404);
    const escaping = modelFolder('escaping', model => {
      model.files = ['../../../etc/passwd'];
    });
    const refused = await platform.cli(['publish', escaping]);
    expect(refused.code).toBe(1);
    expect(refused.stderr + refused.stdout).toContain('files');
    const anonymous = await fetch(
      `${platform.quickstart.portalUrl}/api/model-platform/v1/models`,
    );
    expect(anonymous.status).toBe(401);
  });

  test('bad input at the door of an endpoint', async () => {
    const [iris, other] = platform.quickstart.endpoints;
    const post = (
      body: string,
      headers: Record<string, string> = {},
      url = `${iris.url}/predict`,
    ) =>
      fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${iris.token}`,
          'content-type': 'application/json',
          ...headers,
        },
        body,
      });
    const malformed = await post('{"inputs": ');
    expect(malformed.status).toBe(400);
    expect((await malformed.json()).error.message).toBeTruthy();

    const inputs: Record<string, unknown> = { ...iris.exampleRequest.inputs };
    const [first, second] = Object.keys(inputs);
    inputs[first] = 'wide';
    delete inputs[second];
    const wrong = await post(JSON.stringify({ inputs }));
    expect(wrong.status).toBe(400);
    const { error } = await wrong.json();
    const paths = error.fields
      .map(({ path }: { path: string }) => path)
      .join(' ');
    expect(paths).toContain(first);
    expect(paths).toContain(second);

    const tooLarge = await post(
      JSON.stringify({ inputs: 'x'.repeat(10 * 1024 * 1024) }),
    );
    expect(tooLarge.status).toBe(413);
    expect((await tooLarge.json()).error.message).toMatch(/\d/);
    expect(
      (await post('{}', { authorization: 'Bearer mpe_made_up' })).status,
    ).toBe(401);
    expect(
      (await post('{}', { authorization: `Bearer ${other.token}` })).status,
    ).toBe(403);
    expect(
      (
        await post(
          '{}',
          {},
          `${platform.quickstart.gatewayUrl}/no-such-endpoint/predict`,
        )
      ).status,
    ).toBe(404);
    expect((await post('{}', {}, `${iris.url}/metrics`)).status).toBe(404);
    expect((await platform.predict('iris')).status).toBe(200);
  });
});
