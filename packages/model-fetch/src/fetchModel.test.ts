import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  CreateBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { fetchModel } from './fetchModel';

jest.setTimeout(60_000);

const digest = (text: string) =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('fetching a version into the folder of a runner', () => {
  let folder: string;
  let server: http.Server;
  let answers: Map<string, Array<[number, string]>>;
  let asked: Array<{ url: string; token: string | undefined }>;

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-fetch-'));
    for (const name of ['documents', 'settings', 'model'])
      fs.mkdirSync(path.join(folder, name));
    answers = new Map();
    asked = [];
    server = http.createServer((request, response) => {
      const url = request.url ?? '';
      asked.push({ url, token: request.headers.authorization });
      const left = answers.get(url) ?? [];
      const [status, text] =
        (left.length > 1 ? left.shift() : left[0]) ??
        ([404, 'no file'] as const);
      response.writeHead(status).end(text);
    });
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const at = (...parts: string[]) => path.join(folder, ...parts);

  const fetchThese = async (files: Record<string, string>) => {
    fs.writeFileSync(
      at('documents/fetch.json'),
      JSON.stringify({
        formatVersion: 1,
        url: `http://127.0.0.1:${
          (server.address() as AddressInfo).port
        }/files/`,
        files: Object.entries(files).map(([name, text]) => ({
          path: name,
          digest: digest(text),
          sizeBytes: text.length,
        })),
      }),
    );
    fs.writeFileSync(at('token'), 'a-token\n');
    await fetchModel(
      {
        DOCUMENTS_DIR: at('documents'),
        SETTINGS_DIR: at('settings'),
        MODEL_DIR: at('model'),
        TOKEN_FILE: at('token'),
      },
      () => {},
    );
  };

  it('brings files, documents and settings, with the token of the pod, and again only what is missing', async () => {
    fs.writeFileSync(at('documents/model.json'), '{}');
    fs.writeFileSync(at('settings/language-model.json'), '{"model":"old"}');
    answers.set('/files/a%20b/model.onnx', [[200, 'weights']]);
    // Busy at first.
    answers.set('/files/vocabulary.txt', [
      [503, 'busy'],
      [200, 'words'],
    ]);
    const files = { 'a b/model.onnx': 'weights', 'vocabulary.txt': 'words' };
    await fetchThese(files);
    expect(fs.readFileSync(at('model/model/a b/model.onnx'), 'utf8')).toBe(
      'weights',
    );
    expect(fs.readFileSync(at('model/model.json'), 'utf8')).toBe('{}');
    expect(fs.existsSync(at('model/fetch.json'))).toBe(false);
    expect(new Set(asked.map(({ token }) => token))).toEqual(
      new Set(['Bearer a-token']),
    );
    // A new key needs no new pod.
    fs.writeFileSync(at('settings/language-model.json'), '{"model":"new"}');
    expect(fs.readFileSync(at('model/language-model.json'), 'utf8')).toBe(
      '{"model":"new"}',
    );

    asked = [];
    fs.writeFileSync(at('model/model/vocabulary.txt'), 'cut');
    await fetchThese(files);
    expect(asked.map(({ url }) => url)).toEqual(['/files/vocabulary.txt']);
    expect(fs.readFileSync(at('model/model/vocabulary.txt'), 'utf8')).toBe(
      'words',
    );
  });

  it('leaves nothing that has another digest, and says what was refused', async () => {
    answers.set('/files/model.onnx', [[200, 'tampered with']]);
    await expect(fetchThese({ 'model.onnx': 'weights' })).rejects.toThrow(
      /model.onnx arrived with the digest sha256:.*nothing is started from it/,
    );
    expect(fs.readdirSync(at('model/model'))).toEqual([]);
    answers.set('/files/model.onnx', [[403, 'not for this system']]);
    await expect(fetchThese({ 'model.onnx': 'weights' })).rejects.toThrow(
      /model.onnx could not be fetched: .* answered 403: not for this system/,
    );
    await expect(fetchThese({ '../escape': 'weights' })).rejects.toThrow(
      /path "..\/escape" is not allowed/,
    );
  });

  const given = process.env.MODEL_PLATFORM_TEST_S3;
  (given || process.env.CI ? describe : describe.skip)('from S3', () => {
    it('brings files, and says what S3 refuses', async () => {
      const { endpoint, credentials } = JSON.parse(given ?? '{}');
      const bucket = `fetch-${randomUUID()}`;
      const s3 = {
        bucket,
        region: 'us-east-1',
        endpoint,
        forcePathStyle: true,
      };
      const client = new S3Client({ ...s3, credentials });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const key = 'portal/crm/sha256/ab/abcd';
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'weights' }),
      );
      client.destroy();
      const fetchFrom = async (object: string) => {
        const file = {
          path: 'model.onnx',
          digest: digest('weights'),
          sizeBytes: 7,
        };
        fs.writeFileSync(
          at('documents/fetch.json'),
          JSON.stringify({
            formatVersion: 1,
            s3,
            url: 'http://127.0.0.1:1/nobody/',
            files: [{ ...file, key: object }],
          }),
        );
        await fetchModel(
          {
            DOCUMENTS_DIR: at('documents'),
            SETTINGS_DIR: at('settings'),
            MODEL_DIR: at('model'),
          },
          () => {},
        );
      };
      const before = { ...process.env };
      try {
        process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
        process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
        await fetchFrom(key);
        expect(fs.readFileSync(at('model/model/model.onnx'), 'utf8')).toBe(
          'weights',
        );
        fs.rmSync(at('model/model/model.onnx'));
        await expect(fetchFrom('portal/crm/sha256/ab/gone')).rejects.toThrow(
          `model.onnx could not be fetched: s3://${bucket}/portal/crm/sha256/ab/gone: NoSuchKey`,
        );
        process.env.AWS_SECRET_ACCESS_KEY = 'of somebody else';
        await expect(fetchFrom(key)).rejects.toThrow('SignatureDoesNotMatch');
      } finally {
        process.env = before;
      }
    });
  });
});
