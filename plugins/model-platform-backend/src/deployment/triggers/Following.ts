import { aimOf } from '../canary/canaryOf';
import { isHeld } from '../overrides/overrides';
import { selectorDrift } from '../overrides/selectorDrift';
import { KnownRevisions } from '../revisions/KnownRevisions';
import { RevisionResolver } from '../revisions/RevisionResolver';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { TakenVersions } from './TakenVersions';
import { Triggers } from './Triggers';

/** Lets triggers look at a deployment, and tells how far it is from what it says. */
export class Following {
  constructor(
    private readonly options: {
      resolver: RevisionResolver;
      taken: TakenVersions;
      revisions: KnownRevisions;
      /** Over the store of the leader who looks. */
      triggersOf: (fencing: number) => Triggers;
    },
  ) {}

  async follow(
    deployment: DeploymentRecord,
    fencing: number,
  ): Promise<{ record: DeploymentRecord; drift: string[] }> {
    const { resolver, taken, revisions } = this.options;
    const triggers = this.options.triggersOf(fencing);
    const now = await resolver.resolve(deployment.spec);
    const resolution = await taken.resolve(deployment, { now });
    const record = isHeld(deployment.overrides)
      ? await triggers.followHeld(deployment, resolution)
      : await triggers.follow(deployment, resolution);
    const aim = aimOf(record);
    const served =
      aim === undefined ? undefined : await revisions.get(record.id, aim);
    return {
      record,
      drift: selectorDrift(record.spec, now.variants, served?.variants ?? []),
    };
  }
}
