import {
  FieldProblem,
  QuotaState,
  ResolvedVariant,
  Resources,
} from '@model-platform/plugin-model-platform-common';
import { aimOf } from '../canary/canaryOf';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentStore } from '../store/DeploymentStore';
import { QuotaRoom } from '../store/DeploymentRecord';
import { Environments } from '../environments/Environments';
import { problem } from '../spec/problem';
import { bytes, cores } from '../../quantities';

type Resource = QuotaState['resource'];
type Use = Record<Resource, number> & {
  /** What a quota could not be held against, since nobody says it. */
  unsaid: Resource[];
};

/** What one deployment takes. */
interface Taker {
  name: string;
  use: Use;
}

/** About as long as the reconciler takes from one look at all of them to the next. */
const RECENT_MS = 3_000;

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
  /** What all together took, by place, for what is looked at again and again. */
  private readonly recent = new Map<string, { at: number; takers: Taker[] }>();

  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeployableModels;
      environments: Environments;
      clock: () => Date;
    },
  ) {}

  async check(
    place: { name: string; system: string; environment: string },
    planned: Sized,
    options: {
      /** Also by what was taken a moment ago, so that many that wait are one look. */
      mayBeRecent?: boolean;
    } = {},
  ): Promise<{
    quotas: QuotaState[];
    problems: FieldProblem[];
    /** Where a quota holds: of which it would take. */
    room?: QuotaRoom;
  }> {
    const quota = this.options.environments.quota(
      place.environment,
      place.system,
    );
    const resources = (Object.keys(FIELDS) as Resource[]).filter(
      resource => quota?.[resource] !== undefined,
    );
    if (!quota || resources.length === 0) return { quotas: [], problems: [] };
    const room = options.mayBeRecent
      ? undefined
      : await this.options.store.room(place);
    const own = await this.useOf(planned);
    const others = noUse();
    for (const { name, use } of await this.takers(place, options)) {
      if (name !== place.name) add(others, use);
    }
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
    return { quotas, problems, room };
  }

  private async takers(
    { system, environment }: { system: string; environment: string },
    { mayBeRecent = false },
  ): Promise<Taker[]> {
    const { store, clock } = this.options;
    const at = clock().getTime();
    const key = JSON.stringify([environment, system]);
    const known = this.recent.get(key);
    if (mayBeRecent && known && at - known.at < RECENT_MS) return known.takers;
    const all = (await store.all()).filter(
      one =>
        one.system === system &&
        one.environment === environment &&
        !one.deleting,
    );
    // What runs in the end: not what was given up, or rolled back.
    const revisions = await store.revisions.current(
      all.map(one => ({ ...one, revision: aimOf(one) })),
    );
    const takers: Taker[] = [];
    for (const revision of revisions.values()) {
      takers.push({ name: revision.name, use: await this.useOf(revision) });
    }
    this.recent.set(key, { at, takers });
    return takers;
  }

  private async useOf({ variants, resources }: Sized): Promise<Use> {
    const sum = noUse();
    for (const { modelId, version: number } of variants) {
      const version = await this.options.models.version(modelId, number);
      const said = { ...version?.resources, ...resources };
      const count = said.replicas?.max ?? 1;
      const cpu = count * cores(said.cpu ?? '0');
      const memory = count * bytes(said.memory ?? '0');
      const unsaid: Resource[] = [];
      if (!(cpu > 0)) unsaid.push('cpu');
      if (!(memory > 0)) unsaid.push('memory');
      const gpu = count * (said.gpu ?? 0);
      add(sum, { runners: count, cpu, memory, gpu, unsaid });
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
