import fs from 'node:fs';
import path from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv2020 from 'ajv/dist/2020';
import { endpointOpenApi } from './endpointOpenApi';

const conformance = path.resolve(__dirname, '../../../../test/conformance');
const readJson = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(conformance, name), 'utf8'));

interface Case {
  name: string;
  request: { path: string; body?: unknown };
  response: { status: number; body?: unknown };
}

const manifest = readJson('model.json');
const document = endpointOpenApi({
  endpoint: 'echo',
  model: manifest.model,
  version: manifest.version,
  signature: manifest.signature,
  example: manifest.example,
});

describe('endpointOpenApi', () => {
  it('is an OpenAPI document that describes all of an endpoint', async () => {
    await SwaggerParser.validate(JSON.parse(JSON.stringify(document)));
    expect(Object.keys(document.paths as object)).toEqual([
      '/predict',
      '/v2',
      '/v2/health/live',
      '/v2/health/ready',
      '/v2/models/echo',
      '/v2/models/echo/ready',
      '/v2/models/echo/infer',
      '/v2/models/echo/versions/3',
      '/v2/models/echo/versions/3/ready',
      '/v2/models/echo/versions/3/infer',
      '/invocations',
      '/ping',
      '/health',
      '/version',
    ]);
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Echo', version: '3' },
      servers: [{ url: '.' }],
      security: [{ endpointToken: [] }, { tokenAsPassword: [] }],
    });
  });

  it('describes streams of those that have them', async () => {
    const facts = {
      endpoint: 'ask',
      model: { name: 'Ask', description: '', type: 'prompt' },
      version: 1,
      signature: {
        inputs: [{ name: 'question', type: 'string' as const }],
        outputs: [{ name: 'answer', type: 'string' as const }],
      },
    };
    const asked = endpointOpenApi({ ...facts, flavor: 'prompt' });
    await SwaggerParser.validate(JSON.parse(JSON.stringify(asked)));
    const stream = { type: 'boolean' };
    const events = { 'text/event-stream': { schema: { type: 'string' } } };
    expect(asked).toMatchObject({
      paths: {
        '/predict': { post: { responses: { 200: { content: events } } } },
      },
      components: { schemas: { PredictRequest: { properties: { stream } } } },
    });
    const others = JSON.stringify(
      endpointOpenApi({ ...facts, flavor: 'onnx' }),
    );
    expect(others).not.toContain('event-stream');
    expect(others).not.toContain('"stream"');
  });

  it('describes objects, lists of them, and outputs that there may not be', () => {
    const { components } = endpointOpenApi({
      endpoint: 'plan',
      model: { name: 'Plan', description: '', type: 'optimization' },
      version: 1,
      signature: {
        inputs: [{ name: 'order', type: 'object' }],
        outputs: [
          { name: 'cost', type: 'number', optional: true },
          { name: 'plan', type: 'object', optional: true },
          { name: 'rules', type: 'object', shape: [-1] },
        ],
      },
    }) as { components: { schemas: Record<string, object> } };
    expect(components.schemas.Inputs).toEqual({
      type: 'object',
      properties: { order: { type: 'object' } },
      required: ['order'],
      additionalProperties: false,
    });
    expect(components.schemas.Outputs).toEqual({
      type: 'object',
      properties: {
        cost: {
          type: ['number', 'null'],
          description:
            'Null where it is not a finite number. Null where there is none.',
        },
        plan: {
          type: ['object', 'null'],
          description: 'Null where there is none.',
        },
        rules: { type: 'array', items: { type: 'object' } },
      },
      required: ['cost', 'plan', 'rules'],
    });
  });

  it('says how dates, moments and bytes are written, and takes bytes as files', () => {
    const types = readJson('types.json');
    const { components, paths } = JSON.parse(
      JSON.stringify(
        endpointOpenApi({ ...types, endpoint: 'types', version: 3 }),
      ),
    );
    const { day, moment, picture, days } = components.schemas.Inputs.properties;
    expect([day.format, moment.format, days.items.format]).toEqual([
      'date',
      'date-time',
      'date',
    ]);
    expect(picture.contentEncoding).toBe('base64');
    const { content } = paths['/predict'].post.requestBody;
    expect(
      content['multipart/form-data'].schema.properties.picture,
    ).toMatchObject({ type: 'string', format: 'binary' });
  });

  it('takes and promises just what runners take and answer', () => {
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(document, 'endpoint');
    const check = (schema: string, value: unknown) =>
      ajv.validate({ $ref: `endpoint#/components/schemas/${schema}` }, value);
    const cases: Case[] = readJson('cases.json');
    const told = cases
      .filter(
        ({ request }) =>
          request.path === '/predict' && request.body !== undefined,
      )
      .map(({ name, request, response }) => ({
        name,
        taken: check('PredictRequest', request.body),
        described: check(
          response.status === 200 ? 'PredictResponse' : 'Error',
          response.body,
        ),
        status: response.status,
      }));
    expect(told.length).toBeGreaterThan(30);
    expect(
      told.filter(
        ({ taken, status }) => status !== 401 && taken !== (status === 200),
      ),
    ).toEqual([]);
    expect(told.filter(({ described }) => !described)).toEqual([]);

    const protocol = cases.filter(
      ({ request }) =>
        request.path.endsWith('/echo/infer') && request.body !== undefined,
    );
    expect(
      protocol.filter(
        ({ response }) =>
          !check(
            response.status === 200 ? 'InferResponse' : 'ProtocolError',
            response.body,
          ),
      ),
    ).toEqual([]);
  });
});
