import { createHash } from 'node:crypto';
import {
  HistoryEntry,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { RegistryClient } from './RegistryClient';
import { replayHistory } from './replayHistory';

/** Whether a registry is whole at this moment, found out through its API. */
export class RegistryCheck {
  /** Files that were downloaded and hashed once; their sizes are compared after that. */
  private readonly seen = new Set<string>();
  versions = 0;
  bytes = 0;
  /** Of all models, as of the last check. */
  history: HistoryEntry[] = [];

  constructor(
    private readonly client: RegistryClient,
    /** Size of a blob where it is stored, to look after those that were hashed before; else they are hashed again. */
    private readonly storedBytes?: (
      system: string,
      digest: string,
    ) => number | undefined,
  ) {}

  async problems(): Promise<string[]> {
    const problems: string[] = [];
    this.versions = 0;
    this.history = [];
    // Archived ones too, which lists leave out unless they are asked for.
    const models = await this.client.all<Model>('v1/models', [
      'archived=true',
      'archived=false',
    ]);
    for (const model of models) {
      const route = `v1/models/${model.slug}`;
      const history = await this.client.all<HistoryEntry>(`${route}/history`);
      this.history.push(...history);
      const versions = await this.client.all<ModelVersion>(`${route}/versions`);
      const kept = versions.filter(({ status }) => status !== 'draft');
      this.versions += kept.length;
      const numbers = versions.map(({ number }) => number);
      if (new Set(numbers).size !== numbers.length)
        problems.push(`${model.slug} has a number twice: ${numbers}`);
      const manifests = new Map<string, number>();
      for (const { manifestDigest, number } of kept) {
        const other = manifests.get(manifestDigest);
        if (other !== undefined)
          problems.push(
            `versions ${other} and ${number} of ${model.slug} are the same`,
          );
        manifests.set(manifestDigest, number);
      }
      problems.push(...replayHistory(model, versions, history));
      for (const version of kept)
        problems.push(...(await this.fileProblems(model, version)));
    }
    return problems;
  }

  /** As everybody gets them. */
  private async fileProblems(
    model: Model,
    version: ModelVersion,
  ): Promise<string[]> {
    const problems: string[] = [];
    for (const file of version.files) {
      const key = `${version.id} ${file.path}`;
      const name = `${file.path} of version ${version.number} of ${model.slug}`;
      if (this.storedBytes && this.seen.has(key)) {
        const size = this.storedBytes(model.system, file.digest);
        if (size !== file.sizeBytes)
          problems.push(`${name} has ${size} bytes, not ${file.sizeBytes}`);
        continue;
      }
      const response = await this.client.download(
        `v1/models/${model.slug}/versions/${version.number}/files/${file.path}`,
      );
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      const digest = `sha256:${hash.digest('hex')}`;
      if (response.status !== 200 || digest !== file.digest)
        problems.push(
          `${name}: ${response.status}, ${bytes} bytes with ${digest}, not ${file.digest}`,
        );
      this.bytes += bytes;
      this.seen.add(key);
    }
    return problems;
  }
}
