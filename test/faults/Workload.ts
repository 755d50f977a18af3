import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeploymentVariant,
  HistoryEntry,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { editModel, modelFolder } from '../platform/modelFolder';
import { Platform } from '../platform/Platform';
import { Changes } from './Changes';
import { Dice } from './Dice';
import { Expectation } from './Expectation';
import { NewVersion } from './NewVersion';
import { ConnectionLost, Refused, RegistryClient } from './RegistryClient';

const MAX_FILE_BYTES = 3 * 1024 * 1024;
/** Of each of those who work in parallel, between one thing and the next. */
const MAX_PAUSE_MS = 100;
/** Models that are published to, and deployments that are changed, again and again. */
const PUBLISHED = ['fault-ash', 'fault-birch', 'fault-cedar'];
const MODEL = PUBLISHED[0];
/** Its versions are archived and restored while an alias moves over them. */
const LIVELY = PUBLISHED[1];
/** Archived and restored as a whole, so that nobody publishes to it. */
const SHELVED = 'fault-dogwood';
const OWNER = 'mira';

/** Deployments the workload changes; `steady` and `following` are never off. */
export const deployments = {
  steady: 'fault-steady',
  following: 'fault-following',
  weighted: 'fault-weighted',
  switched: 'fault-switched',
} as const;

/**
 * What teams do with a platform, in parallel: publish, in parts too, move
 * aliases, archive and restore, deploy, switch off and on, make and revoke
 * tokens. It keeps in mind what was acknowledged, so that it can be compared
 * with what is there after the portal was killed. Each value has one writer.
 */
export class Workload {
  acknowledged = 0;
  interrupted = 0;
  /** Files that were sent in parts, and arrived whole. */
  sentInParts = 0;
  private stopped = false;
  /** Versions by `model` and the digest of a file that no other one has. */
  private readonly versions = new Map<string, Map<string, Expectation<string>>>(
    [...PUBLISHED, SHELVED].map(model => [model, new Map()]),
  );
  private readonly ready = new Map<string, number[]>();
  /** By `model alias`. */
  private readonly aliases = new Map<string, Expectation<number | undefined>>();
  /** Versions of `LIVELY` that were archived at least once. */
  private readonly archived = new Map<number, Expectation<boolean>>();
  private readonly shelved = new Expectation(false);
  /** Those of models, which their history tells. */
  readonly changes = new Changes('workload');
  private readonly specs = new Map<
    string,
    Expectation<DeploymentVariant[] | undefined>
  >();
  private readonly off = new Map<string, Expectation<boolean>>();
  private readonly tokens = new Map<string, Expectation<boolean>>();
  private unfinished: NewVersion[] = [];
  private readonly cliFolder = modelFolder('fault cli', model => {
    model.files = ['iris.onnx', 'weights.bin'];
  });
  private cliContent = 0;

  private readonly client: RegistryClient;
  /** For what the publisher's token may not. */
  private readonly owner: RegistryClient;
  private ownerToken = '';

  constructor(private readonly platform: Platform) {
    this.client = new RegistryClient((route, init) =>
      platform.api(route, init),
    );
    this.owner = new RegistryClient((route, init) =>
      platform.api(route, { ...init, token: this.ownerToken }),
    );
    for (const model of [...PUBLISHED, SHELVED]) this.ready.set(model, []);
  }

  /** One version of each model, and the deployments; nothing is killed meanwhile. */
  async prepare(dice: Dice): Promise<void> {
    this.ownerToken = await this.platform.signIn(OWNER);
    for (const model of [...PUBLISHED, LIVELY, SHELVED])
      await this.publish(this.newVersion(model, dice));
    await this.moveAlias(MODEL, 'champion', 1);
    for (const name of Object.values(deployments))
      await this.deploy(name, this.variantsFor(name, dice));
  }

  /** Until the portal is gone. @throws Error where something was refused that should not be */
  async run(dice: Dice): Promise<void> {
    this.stopped = false;
    const repeat = async (work: (own: Dice) => Promise<void>, name: string) => {
      const own = dice.fork(name);
      try {
        while (!this.stopped) {
          await work(own);
          await sleep(own.whole(0, MAX_PAUSE_MS));
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        this.interrupted += 1;
      }
    };
    const outcomes = await Promise.allSettled([
      ...PUBLISHED.map(model =>
        repeat(own => this.publish(this.newVersion(model, own)), model),
      ),
      repeat(own => this.publishByCli(own), 'cli'),
      repeat(own => this.moveAnAlias(own), 'aliases'),
      repeat(own => this.moveStaging(own), 'staging'),
      repeat(own => this.archiveAVersion(own), 'archive'),
      repeat(() => this.shelve(), 'shelve'),
      repeat(own => this.changeADeployment(own), 'deployments'),
      repeat(() => this.flipSwitch(), 'switch'),
      repeat(own => this.changeATokens(own), 'tokens'),
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Lets what is under way finish, and begins nothing more. */
  stop(): void {
    this.stopped = true;
  }

  /** Removes what it keeps on the disk. */
  dispose(): void {
    fs.rmSync(this.cliFolder, { recursive: true, force: true });
  }

  /** As those would who were cut off: each publish is made again, and must end in one version. */
  async repeatInterrupted(): Promise<void> {
    this.ownerToken = await this.platform.signIn(OWNER);
    const again = this.unfinished;
    this.unfinished = [];
    for (const version of again) await this.publish(version);
    if (this.cliContent > 0) {
      const { code, stdout, stderr } = await this.platform.cli([
        'publish',
        this.cliFolder,
        '--json',
      ]);
      if (code !== 0)
        throw new Error(`publish again: ${code} ${stdout} ${stderr}`);
    }
  }

  /** What is not as it was acknowledged. */
  async problems(): Promise<string[]> {
    const problems: string[] = [];
    const entries: HistoryEntry[] = [];
    const note = (what: string, problem: string | undefined) => {
      if (problem) problems.push(`${what} ${problem}`);
    };
    for (const [model, expected] of this.versions) {
      const route = `v1/models/${model}`;
      const found = await this.client.all<ModelVersion>(`${route}/versions`);
      for (const [digest, expectation] of expected) {
        const status = found.find(({ files }) =>
          files.some(file => file.digest === digest),
        )?.status;
        note(
          `version of ${model} with ${digest}`,
          expectation.problem(
            status === undefined || status === 'draft' ? 'absent' : 'ready',
          ),
        );
      }
      if (model === LIVELY)
        for (const [number, expectation] of this.archived)
          note(
            `whether version ${number} of ${model} is archived`,
            expectation.problem(
              found.find(one => one.number === number)?.status === 'archived',
            ),
          );
      const { aliases, archivedAt } = await this.client.get<Model>(route);
      for (const [key, expectation] of this.aliases) {
        const [of, alias] = key.split(' ');
        if (of === model)
          note(
            `alias ${alias} of ${model}`,
            expectation.problem(aliases[alias]),
          );
      }
      if (model === SHELVED)
        note(
          `whether ${model} is archived`,
          this.shelved.problem(archivedAt !== undefined),
        );
      entries.push(
        ...(await this.client.all<HistoryEntry>(`${route}/history`)),
      );
    }
    problems.push(...this.changes.problems(entries));
    for (const [name, expectation] of this.specs) {
      const { spec, off } = await this.client.get<{
        spec: { variants?: DeploymentVariant[] };
        off: boolean;
      }>(`v1/deployments/${name}`);
      note(`deployment ${name}`, expectation.problem(spec.variants));
      note(
        `off of deployment ${name}`,
        this.off.get(name)?.problem(off) ??
          (off && !this.off.has(name) ? 'was never asked for' : undefined),
      );
    }
    const { items } = await this.client.get<{
      items: Array<{ id: string; revokedAt?: string }>;
    }>(`v1/endpoints/${deployments.steady}/tokens`);
    for (const [id, expectation] of this.tokens)
      note(
        `revocation of token ${id}`,
        expectation.problem(
          items.find(token => token.id === id)?.revokedAt !== undefined,
        ),
      );
    return problems;
  }

  private newVersion(model: string, dice: Dice): NewVersion {
    return NewVersion.make(model, dice, { large: dice.next() < 0.3 });
  }

  private async publish(version: NewVersion): Promise<void> {
    const { model, key, files } = version;
    const known = this.versions.get(model)!;
    if (!known.has(key)) known.set(key, new Expectation('absent'));
    known.get(key)!.attempted('ready');
    this.unfinished.push(version);
    const number = await this.client.publish(version);
    known.get(key)!.acknowledged('ready');
    const ready = this.ready.get(model)!;
    if (!ready.includes(number)) ready.push(number);
    this.unfinished = this.unfinished.filter(one => one !== version);
    this.acknowledged += 1;
    if (files.some(file => file.path === 'large.bin')) this.sentInParts += 1;
  }

  private async publishByCli(dice: Dice): Promise<void> {
    this.cliContent += 1;
    editModel(this.cliFolder, model => {
      model.example.sepal_length = 4 + (this.cliContent % 400) / 100;
    });
    fs.writeFileSync(
      path.join(this.cliFolder, 'weights.bin'),
      dice.bytes(dice.whole(1, MAX_FILE_BYTES)),
    );
    const publishing = this.platform.cliProcess(['publish', this.cliFolder]);
    const lost = () => this.stopped && publishing.kill('SIGKILL');
    const timer = setInterval(lost, 20);
    const code = await new Promise<number | null>(resolve => {
      publishing.once('exit', resolve);
    });
    clearInterval(timer);
    if (code !== 0) throw new ConnectionLost('the CLI was cut off');
    this.acknowledged += 1;
  }

  /** To a version that it does not point to; none removes it. */
  private async moveAlias(
    model: string,
    alias: string,
    version: number | undefined,
  ): Promise<void> {
    const key = `${model} ${alias}`;
    if (!this.aliases.has(key))
      this.aliases.set(key, new Expectation<number | undefined>(undefined));
    await this.change(this.aliases.get(key)!, version, reason =>
      version === undefined
        ? this.client.removeAlias(model, alias, reason)
        : this.client.setAlias(model, alias, version, { reason }),
    );
  }

  /** One change of what is expected; refused where two workers are in each other's way. */
  private async change<T>(
    expectation: Expectation<T>,
    value: T,
    work: (reason: string) => Promise<void>,
  ): Promise<void> {
    expectation.attempted(value);
    try {
      await this.changes.make(work);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409)) throw error;
      expectation.refused();
      return;
    }
    expectation.acknowledged(value);
    this.acknowledged += 1;
  }

  private async moveAnAlias(dice: Dice): Promise<void> {
    const alias = dice.pick(['champion', 'challenger']);
    const current = this.aliases.get(`${MODEL} ${alias}`)?.value;
    const remove = alias === 'challenger' && dice.next() < 0.3;
    const others = this.ready.get(MODEL)!.filter(one => one !== current);
    if (remove && current !== undefined)
      await this.moveAlias(MODEL, alias, undefined);
    else if (others.length > 0)
      await this.moveAlias(MODEL, alias, dice.pick(others));
  }

  private async moveStaging(dice: Dice): Promise<void> {
    const current = this.aliases.get(`${LIVELY} staging`)?.value;
    const others = this.ready.get(LIVELY)!.filter(one => one !== current);
    await this.moveAlias(LIVELY, 'staging', dice.pick(others));
  }

  /** Or restores it; refused while the alias points to it. */
  private async archiveAVersion(dice: Dice): Promise<void> {
    const number = dice.pick(this.ready.get(LIVELY)!);
    if (!this.archived.has(number))
      this.archived.set(number, new Expectation(false));
    const expectation = this.archived.get(number)!;
    const archive = !expectation.value;
    await this.change(expectation, archive, reason =>
      this.owner.archiveVersion(LIVELY, number, archive, reason),
    );
  }

  private async shelve(): Promise<void> {
    const archive = !this.shelved.value;
    await this.change(this.shelved, archive, reason =>
      this.owner.archiveModel(SHELVED, archive, reason),
    );
  }

  private variantsFor(name: string, dice: Dice): DeploymentVariant[] {
    const version = () => ({ number: dice.pick(this.ready.get(MODEL)!) });
    // Another name makes another revision, while the alias makes some as well.
    if (name === deployments.following)
      return [
        {
          name: dice.pick(['main', 'next']),
          version: { alias: 'champion' },
          weight: 100,
        },
      ];
    if (name === deployments.weighted) {
      const weight = dice.whole(1, 99);
      return [
        { name: 'main', version: version(), weight },
        { name: 'trial', version: version(), weight: 100 - weight },
      ];
    }
    return [{ name: 'main', version: version(), weight: 100 }];
  }

  private async deploy(
    name: string,
    variants: DeploymentVariant[],
  ): Promise<void> {
    if (!this.specs.has(name))
      this.specs.set(
        name,
        new Expectation<DeploymentVariant[] | undefined>([]),
      );
    const expectation = this.specs.get(name)!;
    expectation.attempted(variants);
    await this.client.send('PUT', `v1/deployments/${name}`, {
      spec: {
        system: 'plant-catalogue',
        environment: 'local',
        model: MODEL,
        strategy: { type: variants.length > 1 ? 'weighted' : 'single' },
        variants,
        ...(name === deployments.following
          ? { triggers: [{ onAlias: { alias: 'champion' } }] }
          : {}),
      },
      reason: 'Tried out',
    });
    expectation.acknowledged(variants);
    this.acknowledged += 1;
  }

  private async changeADeployment(dice: Dice): Promise<void> {
    const name = dice.pick([
      deployments.steady,
      deployments.weighted,
      deployments.following,
    ]);
    await this.deploy(name, this.variantsFor(name, dice));
  }

  private async flipSwitch(): Promise<void> {
    const name = deployments.switched;
    if (!this.off.has(name)) this.off.set(name, new Expectation(false));
    const expectation = this.off.get(name)!;
    const { off } = await this.client.get<{ off: boolean }>(
      `v1/deployments/${name}`,
    );
    expectation.attempted(!off);
    await this.client.send('POST', `v1/deployments/${name}/off`, {
      off: !off,
      reason: 'Tried out',
    });
    expectation.acknowledged(!off);
    this.acknowledged += 1;
  }

  private async changeATokens(dice: Dice): Promise<void> {
    const route = `v1/endpoints/${deployments.steady}/tokens`;
    const { id } = await this.client.send<{ id: string }>('POST', route, {
      consumer: 'component:default/plant-guide',
      expiresInSeconds: 60,
    });
    this.tokens.set(id, new Expectation(false));
    this.acknowledged += 1;
    if (dice.next() < 0.5) return;
    this.tokens.get(id)!.attempted(true);
    await this.client.send('DELETE', `${route}/${id}`);
    this.tokens.get(id)!.acknowledged(true);
    this.acknowledged += 1;
  }
}
