import {
  FieldProblem,
  QuotaState,
  ResolvedVariant,
  Resources,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../DeployableModels';
import { DeploymentStore } from '../DeploymentStore';
import { Environments } from '../Environments';
import { problem } from '../problem';
import { bytes, cores } from './quantities';

type Resource = QuotaState['resource'];
type Use = Record<Resource, number> & {
  /** What a quota could not be held against, since nobody says it. */
  unsaid: Resource[];
};

const FIELDS: Record<Resource, string> = {
  runners: 'spec.resources.replicas',
  cpu: 'spec.resources.cpu',
  memory: 'spec.resources.memory',
  gpu: 'spec.resources.gpu',
};

/** A revision, as far as it takes room. */
export interface Sized {
  variants: ResolvedVariant[];
  resources?: Resources;
}

/**
 * What all deployments of a system in an environment may take together, each
 * at its most. Those that are switched off count: they may come back at any time.
 */
export class QuotaCheck {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeployableModels;
      environments: Environments;
    },
  ) {}

  async check(
    place: { name: string; system: string; environment: string },
    planned: Sized,
  ): Promise<{ quotas: QuotaState[]; problems: FieldProblem[] }> {
    const quota = this.options.environments.quota(
      place.environment,
      place.system,
    );
    const resources = (Object.keys(FIELDS) as Resource[]).filter(
      resource => quota?.[resource] !== undefined,
    );
    if (!quota || resources.length === 0) return { quotas: [], problems: [] };
    const own = await this.useOf(planned);
    const others = await this.useOfOthers(place);
    const quotas: QuotaState[] = [];
    const problems: FieldProblem[] = [];
    for (const resource of resources) {
      const limit = quota[resource] ?? 0;
      const used = own[resource] + others[resource];
      quotas.push({ resource, limit, used });
      const where = `system ${place.system} in ${place.environment}`;
      if (own.unsaid.includes(resource)) {
        problems.push(
          problem(
            FIELDS[resource],
            `must be said, here or by the version: the ${where} has a quota of ${resource}`,
          ),
        );
      } else if (used > limit) {
        problems.push(
          problem(
            FIELDS[resource],
            `asks for ${own[resource]}, and the ${where} may have ${limit}, of which ${others[resource]} are taken`,
            own[resource],
          ),
        );
      }
    }
    return { quotas, problems };
  }

  private async useOfOthers(place: {
    name: string;
    system: string;
    environment: string;
  }): Promise<Use> {
    const { store } = this.options;
    const others = (await store.all()).filter(
      other =>
        other.name !== place.name &&
        other.system === place.system &&
        other.environment === place.environment &&
        !other.deleting,
    );
    const revisions = await store.currentRevisions(others);
    const sum = noUse();
    for (const revision of revisions.values()) {
      add(sum, await this.useOf(revision));
    }
    return sum;
  }

  private async useOf({ variants, resources }: Sized): Promise<Use> {
    const sum = noUse();
    for (const { modelId, version: number } of variants) {
      const version = await this.options.models.version(modelId, number);
      const {
        cpu,
        memory,
        gpu = 0,
        replicas,
      } = { ...version?.resources, ...resources };
      const count = replicas?.max ?? 1;
      add(sum, {
        runners: count,
        cpu: cpu === undefined ? 0 : count * cores(cpu),
        memory: memory === undefined ? 0 : count * bytes(memory),
        gpu: count * gpu,
        unsaid: [
          ...(cpu === undefined ? (['cpu'] as const) : []),
          ...(memory === undefined ? (['memory'] as const) : []),
        ],
      });
    }
    return sum;
  }
}

function noUse(): Use {
  return { runners: 0, cpu: 0, memory: 0, gpu: 0, unsaid: [] };
}

function add(sum: Use, use: Use): void {
  for (const resource of Object.keys(FIELDS) as Resource[])
    sum[resource] += use[resource];
  sum.unsaid.push(...use.unsaid);
}
