import { Readable } from 'node:stream';
import {
  Model,
  ModelVersion,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';

export const age: SignatureField = { name: 'age', type: 'integer' };
export const score: SignatureField = { name: 'score', type: 'number' };

/** A registry, as far as deployments ask it. */
export class TestModels implements DeployableModels {
  private readonly models = new Map<string, Model>();
  private readonly versions = new Map<string, ModelVersion>();
  private readonly drafts = new Set<string>();

  add(name: string, change: Partial<Model> = {}): Model {
    const model: Model = {
      id: `id-of-${name}`,
      name,
      slug: name,
      type: 'ml',
      description: 'Who leaves',
      owner: 'group:default/crm',
      system: 'customer-care',
      lifecycle: 'production',
      visibility: 'system',
      sharedWith: [],
      tags: [],
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'user:default/mira',
      updatedAt: '2026-01-01T00:00:00.000Z',
      aliases: {},
      etag: '1',
      ...change,
    };
    this.models.set(name, model);
    return model;
  }

  publish(
    name: string,
    number: number,
    change: Partial<ModelVersion> = {},
  ): ModelVersion {
    const model = this.models.get(name)!;
    const version: ModelVersion = {
      id: `${name}-${number}`,
      modelId: model.id,
      model: name,
      number,
      status: 'ready',
      metadata: {},
      flavor: 'onnx',
      runtime: 'node',
      signature: { inputs: [age], outputs: [score] },
      files: [],
      manifestDigest: `sha256:${number}`,
      aliases: [],
      publisher: 'user:default/mira',
      responsible: 'user:default/mira',
      createdAt: '2026-01-01T00:00:00.000Z',
      ...change,
    };
    this.versions.set(`${model.id}/${number}`, version);
    this.drafts.delete(`${model.id}/${number}`);
    model.latest = {
      number: Math.max(number, model.latest?.number ?? 0),
      status: 'ready',
      flavor: 'onnx',
    };
    return version;
  }

  archive(name: string, number: number): void {
    this.setStatus(name, number, 'archived');
  }

  restore(name: string, number: number): void {
    this.setStatus(name, number, 'ready');
  }

  /** Which has its number, and is published later or never. */
  draft(name: string, number: number): void {
    this.drafts.add(`${this.models.get(name)!.id}/${number}`);
  }

  discard(name: string, number: number): void {
    this.drafts.delete(`${this.models.get(name)!.id}/${number}`);
  }

  async find(ref: string) {
    return this.models.get(ref);
  }

  async byId(id: string) {
    return [...this.models.values()].find(model => model.id === id);
  }

  async version(modelId: string, number: number) {
    return this.versions.get(`${modelId}/${number}`);
  }

  async isDraft(modelId: string, number: number) {
    return this.drafts.has(`${modelId}/${number}`);
  }

  async openFile(): Promise<Readable> {
    throw new Error('No file is to be opened');
  }

  private setStatus(
    name: string,
    number: number,
    status: ModelVersion['status'],
  ): void {
    const model = this.models.get(name)!;
    this.versions.get(`${model.id}/${number}`)!.status = status;
    const ready = [...this.versions.values()].filter(
      version => version.modelId === model.id && version.status === 'ready',
    );
    model.latest =
      ready.length > 0
        ? {
            number: Math.max(...ready.map(version => version.number)),
            status: 'ready',
            flavor: 'onnx',
          }
        : undefined;
  }
}
