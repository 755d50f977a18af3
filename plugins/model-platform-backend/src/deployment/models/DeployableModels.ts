import { Readable } from 'node:stream';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

/** What the deployment domain asks of the registry; no caller, no rights. */
export interface DeployableModels {
  /** By name, slug or entity ref. Archived ones too. */
  find(ref: string): Promise<Model | undefined>;
  byId(id: string): Promise<Model | undefined>;
  version(modelId: string, number: number): Promise<ModelVersion | undefined>;
  /** Whether this number is of a version that may be published yet. */
  isDraft(modelId: string, number: number): Promise<boolean>;
  openFile(version: ModelVersion, path: string): Promise<Readable>;
}
