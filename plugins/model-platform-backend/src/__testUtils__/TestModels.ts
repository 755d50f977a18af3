import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

const root = join(__dirname, '../../../..');
const onnx = join(root, 'examples/iris/iris.onnx');
const ENDPOINT = 'endpoint.mjs';

/** What the example model is asked. */
export const line = {
  sepal_length: 5.1,
  sepal_width: 3.5,
  petal_length: 1.4,
  petal_width: 0.2,
};

/** The models of a registry, as far as deployments ask for them. */
export class TestModels {
  readonly model: Model = {
    id: 'model-1',
    name: 'iris',
    slug: 'iris',
    type: 'ml',
    description: 'Species',
    owner: 'group:default/botany-ml',
    system: 'plant-catalogue',
    lifecycle: 'production',
    visibility: 'system',
    sharedWith: [],
    tags: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'user:default/mira',
    updatedAt: '2026-01-01T00:00:00.000Z',
    aliases: {},
    etag: '1',
  };

  private readonly versions = new Map<number, ModelVersion>();

  /** Endpoint code by version. */
  private readonly code = new Map<number, string>();

  async publish(
    number: number,
    change: Partial<ModelVersion> & { code?: string } = {},
  ) {
    const { code, ...fields } = change;
    const files = [fileOf('iris.onnx', await readFile(onnx))];
    if (code !== undefined) {
      this.code.set(number, code);
      files.push(fileOf(ENDPOINT, Buffer.from(code)));
    }
    this.versions.set(number, {
      id: `version-${number}`,
      modelId: this.model.id,
      model: 'iris',
      number,
      status: 'ready',
      metadata: {},
      flavor: 'onnx',
      runtime: 'node',
      signature: {
        inputs: Object.keys(line).map(name => ({
          name,
          type: 'number' as const,
        })),
        outputs: [
          { name: 'species', type: 'string' },
          { name: 'probabilities', type: 'number', shape: [3] },
        ],
      },
      example: line,
      files,
      endpoint: code === undefined ? undefined : ENDPOINT,
      manifestDigest: `sha256:${number}`,
      aliases: [],
      publisher: 'user:default/mira',
      createdAt: '2026-01-01T00:00:00.000Z',
      ...fields,
    });
    this.model.latest = { number, status: 'ready', flavor: 'onnx' };
  }

  find = async (ref: string) => (ref === 'iris' ? this.model : undefined);
  byId = async (id: string) => (id === this.model.id ? this.model : undefined);
  version = async (_modelId: string, number: number) =>
    this.versions.get(number);
  isDraft = async () => false;
  /** Of versions that cannot be read. */
  readonly unreadable = new Map<number, () => Readable>();

  /** What all versions serve. */
  readonly file = onnx;

  openFile = async ({ number }: ModelVersion, path: string) =>
    this.unreadable.get(number)?.() ??
    (path === ENDPOINT
      ? Readable.from([Buffer.from(this.code.get(number) ?? '')])
      : createReadStream(onnx));
}

function fileOf(path: string, bytes: Buffer) {
  return {
    path,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    sizeBytes: bytes.length,
  };
}
