import { NotFoundError } from '@backstage/errors';
import {
  parseStickyBy,
  Resources,
} from '@model-platform/plugin-model-platform-common';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { LRUCache } from 'lru-cache';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionContent } from '../revisions/KnownRevisions';

/** Two of each deployment while it is rolled out: room for thousands of them. */
const MAX_CACHED = 10_000;

/** What drivers are told of revisions. These are immutable, so each is put together once, and stays the same object. */
export class DesiredRevisions {
  private readonly known = new LRUCache<string, DesiredRevision>({
    max: MAX_CACHED,
  });

  constructor(private readonly models: DeployableModels) {}

  /** Throws `NotFoundError` where a version that it serves is gone. */
  async get(
    { id, name, environment }: DeploymentRecord,
    revision: RevisionContent,
  ): Promise<DesiredRevision> {
    const key = `${id}/${revision.number}`;
    const known = this.known.get(key);
    if (known) return known;
    const variants = await this.variants(revision);
    const desired: DesiredRevision = {
      ref: { name },
      revision: revision.number,
      environment,
      variants,
      resources: revision.resources,
      timeoutSeconds: timeoutSecondsOf(revision.resources, variants),
      concurrentCalls: revision.traffic?.concurrentCalls,
      maxBodyBytes: revision.traffic?.maxBodyBytes,
      stickiness: parseStickyBy(revision.traffic?.stickyBy ?? ''),
      openFile: (version, path) => this.models.openFile(version, path),
    };
    this.known.set(key, desired);
    return desired;
  }

  private async variants(
    revision: RevisionContent,
  ): Promise<DesiredRevision['variants']> {
    const variants: DesiredRevision['variants'] = [];
    for (const variant of revision.variants) {
      const model = await this.models.byId(variant.modelId);
      const version = await this.models.version(
        variant.modelId,
        variant.version,
      );
      if (!model || !version) {
        throw new NotFoundError(
          `Version ${variant.version} of ${variant.model}, which revision ${revision.number} serves, is no longer in the registry`,
        );
      }
      variants.push({
        name: variant.name,
        weight: variant.weight,
        shadowShare: variant.shadow,
        model,
        version,
      });
    }
    return variants;
  }
}

/** What the deployment says, else the slowest of its versions. */
function timeoutSecondsOf(
  resources: Resources | undefined,
  variants: DesiredRevision['variants'],
): number | undefined {
  const ofVersions = variants.flatMap(
    ({ version }) => version.resources?.timeoutSeconds ?? [],
  );
  return (
    resources?.timeoutSeconds ??
    (ofVersions.length > 0 ? Math.max(...ofVersions) : undefined)
  );
}
