import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeploymentVariant } from '@model-platform/plugin-model-platform-common';
import { parse } from 'yaml';
import { editModel, modelFolder } from '../platform/modelFolder';
import { Platform, root } from '../platform/Platform';
import { Dice } from './Dice';
import { Expectation } from './Expectation';

const MAX_FILE_BYTES = 3 * 1024 * 1024;
/** Of each of those who work in parallel, between one thing and the next. */
const MAX_PAUSE_MS = 100;
/** Models that are published to, and deployments that are changed, again and again. */
const PUBLISHED = ['fault-ash', 'fault-birch', 'fault-cedar'];
const MODEL = PUBLISHED[0];

/** The portal is gone: what was being done may have happened or not. */
class ConnectionLost extends Error {}

interface NewVersion {
  model: string;
  files: Array<{ path: string; bytes: Buffer; digest: string }>;
}

interface Api {
  <T>(route: string, init?: { method: string; body?: unknown }): Promise<T>;
}

/** Deployments the workload changes; `steady` and `following` are never off. */
export const deployments = {
  steady: 'fault-steady',
  following: 'fault-following',
  weighted: 'fault-weighted',
  switched: 'fault-switched',
} as const;

/**
 * What teams do with a platform, in parallel: publish,
 * move aliases, deploy, switch off and on, make and revoke tokens. It keeps in
 * mind what was acknowledged, so that it can be compared with what is there
 * after the portal was killed. Each value has one writer.
 */
export class Workload {
  acknowledged = 0;
  interrupted = 0;
  private stopped = false;
  /** Versions by `model` and the digest of a file that no other one has. */
  private readonly versions = new Map<string, Map<string, Expectation<string>>>(
    PUBLISHED.map(model => [model, new Map()]),
  );
  private readonly ready = new Map<string, number[]>();
  private readonly aliases = new Map<string, Expectation<number | undefined>>();
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

  constructor(private readonly platform: Platform) {
    for (const model of PUBLISHED) this.ready.set(model, []);
  }

  /** One version of each model, and the deployments; nothing is killed meanwhile. */
  async prepare(dice: Dice): Promise<void> {
    for (const model of PUBLISHED)
      await this.publish(this.newVersion(model, dice));
    await this.setAlias('champion', 1);
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
    const note = (what: string, problem: string | undefined) => {
      if (problem) problems.push(`${what} ${problem}`);
    };
    for (const [model, expected] of this.versions) {
      const found = await this.versionsOf(model);
      for (const [digest, expectation] of expected) {
        const status = found.find(({ files }) =>
          files.some(file => file.digest === digest),
        )?.status;
        note(
          `version of ${model} with ${digest}`,
          expectation.problem(status === 'ready' ? 'ready' : 'absent'),
        );
      }
    }
    const { aliases } = await this.api<{ aliases: Record<string, number> }>(
      `v1/models/${MODEL}`,
    );
    for (const [alias, expectation] of this.aliases)
      note(`alias ${alias}`, expectation.problem(aliases[alias]));
    for (const [name, expectation] of this.specs) {
      const { spec, off } = await this.api<{
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
    const { items } = await this.api<{
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

  private readonly api: Api = async (route, init = { method: 'GET' }) => {
    let response: Response;
    let text: string;
    try {
      response = await this.platform.api(route, {
        method: init.method,
        body: init.body === undefined ? undefined : JSON.stringify(init.body),
      });
      text = await response.text();
    } catch (error) {
      throw new ConnectionLost(`${route}: ${error}`);
    }
    if (!response.ok)
      throw new Error(`${init.method} ${route}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };

  private async versionsOf(model: string) {
    const items: Array<{
      number: number;
      status: string;
      files: Array<{ digest: string }>;
    }> = [];
    let cursor = '';
    do {
      const page = await this.api<{ items: typeof items; nextCursor?: string }>(
        `v1/models/${model}/versions?limit=200${
          cursor && `&cursor=${encodeURIComponent(cursor)}`
        }`,
      );
      items.push(...page.items);
      cursor = page.nextCursor ?? '';
    } while (cursor);
    return items;
  }

  private newVersion(model: string, dice: Dice): NewVersion {
    const onnx = fs.readFileSync(
      path.join(root, 'examples', 'iris', 'iris.onnx'),
    );
    const contents: Array<[string, Buffer]> = [['iris.onnx', onnx]];
    for (let index = dice.whole(1, 3); index > 0; index -= 1)
      contents.push([
        `weights-${index}.bin`,
        dice.bytes(dice.whole(1, MAX_FILE_BYTES)),
      ]);
    return {
      model,
      files: contents.map(([name, bytes]) => ({
        path: name,
        bytes,
        digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      })),
    };
  }

  private async publish(version: NewVersion): Promise<void> {
    const { model, files } = version;
    const own = files[files.length - 1].digest;
    const known = this.versions.get(model)!;
    if (!known.has(own)) known.set(own, new Expectation('absent'));
    known.get(own)!.attempted('ready');
    this.unfinished.push(version);
    const fields = parse(
      fs.readFileSync(path.join(root, 'examples/iris/model.yaml'), 'utf8'),
    );
    const { metadata, signature, example, resources, evaluation } = fields;
    const request = {
      model: {
        name: model,
        type: fields.type,
        owner: fields.owner,
        system: fields.system,
        description: fields.description,
      },
      version: {
        metadata,
        signature,
        example,
        resources,
        evaluation,
        flavor: 'onnx',
        runtime: 'node',
      },
      files: files.map(file => ({
        path: file.path,
        digest: file.digest,
        sizeBytes: file.bytes.length,
      })),
    };
    const draft = await this.openDraft(request, own);
    if (!draft.unchanged) {
      const { number } = draft.version;
      await Promise.all(
        files
          .filter(({ digest }) => draft.missing.includes(digest))
          .map(file => this.upload(model, number, file)),
      );
      await this.api(`v1/models/${model}/versions/${number}/complete`, {
        method: 'POST',
      });
    }
    known.get(own)!.acknowledged('ready');
    const ready = this.ready.get(model)!;
    if (!ready.includes(draft.version.number)) ready.push(draft.version.number);
    this.unfinished = this.unfinished.filter(one => one !== version);
    this.acknowledged += 1;
  }

  private async openDraft(request: { model: { name: string } }, key: string) {
    let response: Response;
    try {
      response = await this.platform.api(
        `v1/models/${request.model.name}/versions`,
        {
          method: 'POST',
          headers: { 'idempotency-key': key },
          body: JSON.stringify(request),
        },
      );
    } catch (error) {
      throw new ConnectionLost(String(error));
    }
    const text = await response.text().catch(error => {
      throw new ConnectionLost(String(error));
    });
    if (!response.ok)
      throw new Error(`open a draft: ${response.status} ${text}`);
    return JSON.parse(text) as {
      version: { number: number };
      unchanged: boolean;
      missing: string[];
    };
  }

  private async upload(
    model: string,
    number: number,
    { digest, bytes }: { digest: string; bytes: Buffer },
  ): Promise<void> {
    let response: Response;
    try {
      response = await this.platform.api(
        `v1/models/${model}/versions/${number}/blobs/${digest}`,
        {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
          body: new Uint8Array(bytes),
        },
      );
    } catch (error) {
      throw new ConnectionLost(String(error));
    }
    if (!response.ok)
      throw new Error(`upload: ${response.status} ${await response.text()}`);
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

  private async setAlias(alias: string, version: number | undefined) {
    if (!this.aliases.has(alias))
      this.aliases.set(alias, new Expectation<number | undefined>(undefined));
    const expectation = this.aliases.get(alias)!;
    expectation.attempted(version);
    await this.api(
      `v1/models/${MODEL}/aliases/${alias}`,
      version === undefined
        ? { method: 'DELETE' }
        : { method: 'PUT', body: { version, reason: 'Tried out' } },
    );
    expectation.acknowledged(version);
    this.acknowledged += 1;
  }

  private async moveAnAlias(dice: Dice): Promise<void> {
    const alias = dice.pick(['champion', 'challenger']);
    const remove = alias === 'challenger' && dice.next() < 0.3;
    await this.setAlias(
      alias,
      remove ? undefined : dice.pick(this.ready.get(MODEL)!),
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
    await this.api(`v1/deployments/${name}`, {
      method: 'PUT',
      body: {
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
      },
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
    const { off } = await this.api<{ off: boolean }>(`v1/deployments/${name}`);
    expectation.attempted(!off);
    await this.api(`v1/deployments/${name}/off`, {
      method: 'POST',
      body: { off: !off, reason: 'Tried out' },
    });
    expectation.acknowledged(!off);
    this.acknowledged += 1;
  }

  private async changeATokens(dice: Dice): Promise<void> {
    const route = `v1/endpoints/${deployments.steady}/tokens`;
    const { id } = await this.api<{ id: string }>(route, {
      method: 'POST',
      body: { consumer: 'component:default/plant-guide', expiresInSeconds: 60 },
    });
    this.tokens.set(id, new Expectation(false));
    this.acknowledged += 1;
    if (dice.next() < 0.5) return;
    this.tokens.get(id)!.attempted(true);
    await this.api(`${route}/${id}`, { method: 'DELETE' });
    this.tokens.get(id)!.acknowledged(true);
    this.acknowledged += 1;
  }
}
