import {
  Deployment,
  DeploymentSpec,
  HistoryEntry,
  Model,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { eventually } from '../platform/Platform';
import { RunningPlatform } from '../platform/RunningPlatform';
import { Dice } from './Dice';
import { NewVersion } from './NewVersion';
import { ConnectionLost, Refused, RegistryClient } from './RegistryClient';

/** Deployments of one model, made and changed by the API as teams do. */
export class Rollouts {
  readonly client: RegistryClient;
  /** Of the owner's team. */
  private readonly owner: RegistryClient;

  constructor(
    platform: Pick<RunningPlatform, 'api' | 'signIn'>,
    readonly model: string,
    private readonly environment = 'local',
  ) {
    this.client = new RegistryClient((route, init) =>
      platform.api(route, init),
    );
    this.owner = new RegistryClient(async (route, init) =>
      platform.api(route, { ...init, token: await platform.signIn?.('mira') }),
    );
  }

  newVersion(dice: Dice): NewVersion {
    return NewVersion.make(this.model, dice, { maxBytes: 1024 });
  }

  /** The same again changes nothing. */
  async moveAlias(alias: string, version: number): Promise<void> {
    const { aliases } = await this.client.get<Model>(`v1/models/${this.model}`);
    if (aliases[alias] !== version)
      await this.client.setAlias(this.model, alias, version, {
        reason: 'Tried out',
      });
  }

  async deploy(name: string, spec: Partial<DeploymentSpec>): Promise<void> {
    await this.client.send('PUT', `v1/deployments/${name}`, {
      spec: {
        system: 'plant-catalogue',
        environment: this.environment,
        model: this.model,
        ...spec,
      },
    });
  }

  async say(
    name: string,
    action: 'rollback' | 'promote' | 'abort' | 'resume',
    body: object = {},
  ): Promise<void> {
    await this.client.send('POST', `v1/deployments/${name}/${action}`, body);
  }

  async lift(name: string): Promise<void> {
    await this.client.send('DELETE', `v1/deployments/${name}/override`);
  }

  async get(name: string): Promise<Deployment> {
    return await this.client.get(`v1/deployments/${name}`);
  }

  /** Waits until it is as it shall be. @throws ConnectionLost; Error with what it is instead */
  async become(
    name: string,
    what: string,
    probe: (deployment: Deployment) => boolean | undefined,
  ): Promise<Deployment> {
    let seen: Deployment | undefined;
    const found = await eventually(`${name} ${what}`, async () => {
      try {
        seen = await this.get(name);
      } catch (error) {
        if (error instanceof ConnectionLost) return error;
        throw error;
      }
      return probe(seen) && seen;
    }).catch(error => {
      throw new Error(`${error}\n${JSON.stringify(seen, undefined, 1)}`);
    });
    if (found instanceof ConnectionLost) throw found;
    return found;
  }

  /** Waits until all traffic goes to these versions, and nothing else runs. */
  async serves(name: string, ...versions: number[]): Promise<Deployment> {
    return await this.become(name, `serves ${versions}`, deployment => {
      const { phase, revision, servingRevision, runners } = deployment;
      return (
        phase === 'Ready' &&
        servingRevision === revision?.number &&
        String(revision?.variants.map(({ version }) => version)) ===
          String(versions) &&
        runners.every(runner => runner.revision === servingRevision)
      );
    });
  }

  /** Lets what waits for four eyes through, until the version is what is wanted. */
  async approve(name: string, version: number): Promise<void> {
    const { request } = await this.become(
      name,
      `asks for ${version}`,
      ({ request: asked, revision }) =>
        asked?.variants[0].version === version ||
        revision?.variants[0].version === version,
    );
    if (request?.variants[0].version !== version) return;
    try {
      await this.owner.send('POST', `v1/deployments/${name}/decisions`, {
        decision: 'approved',
        reason: 'Looked at',
        request: request.number,
      });
    } catch (error) {
      // What was said before the connection broke has arrived.
      if (!(error instanceof Refused && error.status === 409)) throw error;
    }
  }

  /** Newest first. */
  async revisions(name: string): Promise<Revision[]> {
    const { items } = await this.client.get<{ items: Revision[] }>(
      `v1/deployments/${name}/revisions?limit=100`,
    );
    return items;
  }

  async history(name: string): Promise<HistoryEntry[]> {
    const { items } = await this.client.get<{ items: HistoryEntry[] }>(
      `v1/deployments/${name}/history?limit=100`,
    );
    return items;
  }

  /**
   * What is wrong with what happened since: revisions that were lost, made
   * twice or served twice.
   */
  async problemsSince(name: string, before: Revision[]): Promise<string[]> {
    const after = await this.revisions(name);
    const problems: string[] = [];
    const known = new Map(before.map(one => [one.number, one]));
    for (const [index, revision] of after.entries()) {
      const { number, variants, traffic } = revision;
      const earlier = after[index + 1];
      if (earlier && earlier.number !== number - 1)
        problems.push(`${name}: after revision ${earlier.number} is ${number}`);
      const old = known.get(number);
      known.delete(number);
      if (old && JSON.stringify(old) !== JSON.stringify(revision))
        problems.push(`${name}: revision ${number} is another one by now`);
      if (
        !old &&
        earlier &&
        JSON.stringify([variants, traffic]) ===
          JSON.stringify([earlier.variants, earlier.traffic])
      )
        problems.push(`${name}: revision ${number} was made twice`);
    }
    const oldest = after.at(-1)?.number ?? 0;
    for (const number of known.keys())
      if (number >= oldest)
        problems.push(`${name}: revision ${number} is lost`);
    const made = after.length - (known.size === 0 ? before.length : 0);
    if (after.length < 100 && made !== 1)
      problems.push(`${name}: ${made} revisions were made, not one`);
    const served = (await this.history(name)).flatMap(({ action, details }) =>
      action === 'serving' ? [Number(details?.revision)] : [],
    );
    for (const number of new Set(served))
      if (served.filter(one => one === number).length > 1)
        problems.push(`${name}: revision ${number} was told twice to serve`);
    if (!served.includes(after[0].number))
      problems.push(`${name}: nobody was told of revision ${after[0].number}`);
    return problems;
  }
}
