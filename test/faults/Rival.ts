import { setTimeout as sleep } from 'node:timers/promises';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { Changes } from './Changes';
import { Dice } from './Dice';
import { NewFile, NewVersion } from './NewVersion';
import { Refused, RegistryClient } from './RegistryClient';

/** Between one thing and the next. */
const MAX_PAUSE_MS = 50;
/** What all of them work on. */
export const RIVAL_MODEL = 'rival-elm';
/** Moved by all rivals, only from where they have seen it. */
const CHAMPION = 'champion';
/** Moved by all rivals, wherever it points to. */
const CHALLENGER = 'challenger';

/** A move of the alias that was answered well: it saw what it expected. */
export interface SeenMove {
  reason: string;
  from: number | undefined;
}

/**
 * Works on the same model as others do at the same time: publishes versions,
 * archives and restores them, and moves aliases that all of them move.
 */
export class Rival {
  /** Of versions it published. */
  readonly numbers: number[] = [];
  readonly moves: SeenMove[] = [];
  readonly changes: Changes;
  /** Compare-and-set that came too late. */
  outrun = 0;
  /** What was not answered, or with an error that is tolerated. */
  interrupted = 0;
  private unfinished: NewVersion[] = [];
  private readonly challenged = new Set<number>();

  constructor(
    private readonly options: {
      name: string;
      /** What may go wrong; everything else fails the test. */
      tolerates: (error: unknown) => boolean;
    },
  ) {
    this.changes = new Changes(options.name);
  }

  /** Until `stopped`, by this portal; begins with a version that has the shared file. */
  async run(
    client: RegistryClient,
    dice: Dice,
    stopped: () => boolean,
    shared: NewFile,
  ): Promise<void> {
    const repeat = async (work: (own: Dice) => Promise<void>, name: string) => {
      const own = dice.fork(name);
      while (!stopped()) {
        await this.tolerantly(() => work(own));
        await sleep(own.whole(0, MAX_PAUSE_MS));
      }
    };
    let first: NewFile | undefined = shared;
    const outcomes = await Promise.allSettled([
      repeat(async own => {
        // What was cut off is tried again, as by anybody.
        const version = this.unfinished.pop() ?? this.newVersion(own, first);
        first = undefined;
        await this.publish(client, version);
      }, 'publish'),
      repeat(own => this.moveChampion(client, own), CHAMPION),
      repeat(() => this.moveChallenger(client), CHALLENGER),
      repeat(own => this.archive(client, own), 'archive'),
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') throw outcome.reason;
  }

  async publishOne(client: RegistryClient, dice: Dice): Promise<void> {
    await this.publish(client, this.newVersion(dice, undefined));
  }

  /** What was cut off is published again, by whichever portal. */
  async finish(client: RegistryClient): Promise<void> {
    for (const version of this.unfinished.splice(0))
      await this.publish(client, version);
  }

  private async tolerantly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.options.tolerates(error)) throw error;
      this.interrupted += 1;
    }
  }

  private newVersion(dice: Dice, shared: NewFile | undefined): NewVersion {
    return NewVersion.make(RIVAL_MODEL, dice, {
      maxBytes: 64 * 1024,
      // Which parts of it have arrived, each knows only of its own.
      shared: shared && [new NewFile(shared.path, shared.bytes)],
    });
  }

  private async publish(client: RegistryClient, version: NewVersion) {
    this.unfinished.push(version);
    this.numbers.push(await client.publish(version));
    this.unfinished = this.unfinished.filter(one => one !== version);
  }

  private async moveChampion(client: RegistryClient, dice: Dice) {
    if (this.numbers.length === 0) return;
    const from = await client
      .get<{ version: number }>(`v1/models/${RIVAL_MODEL}/aliases/${CHAMPION}`)
      .then(
        ({ version }) => version,
        error => {
          if (error instanceof Refused && error.status === 404)
            return undefined;
          throw error;
        },
      );
    const to = dice.pick(this.numbers);
    if (to === from) return;
    await this.unlessOutrun(() =>
      this.changes.make(async reason => {
        await client.setAlias(RIVAL_MODEL, CHAMPION, to, {
          reason,
          expected: from ?? null,
        });
        this.moves.push({ reason, from });
      }),
    );
  }

  /** Each version once, so that none of it is in vain. */
  private async moveChallenger(client: RegistryClient) {
    const to = this.numbers.find(number => !this.challenged.has(number));
    if (to === undefined) return;
    this.challenged.add(to);
    await this.unlessOutrun(() =>
      this.changes.make(reason =>
        client.setAlias(RIVAL_MODEL, CHALLENGER, to, { reason }),
      ),
    );
  }

  /** Or restores, what nobody else does with its versions. */
  private async archive(client: RegistryClient, dice: Dice) {
    if (this.numbers.length === 0) return;
    const number = dice.pick(this.numbers);
    const { status } = await client.get<ModelVersion>(
      `v1/models/${RIVAL_MODEL}/versions/${number}`,
    );
    await this.unlessOutrun(() =>
      this.changes.make(reason =>
        client.archiveVersion(RIVAL_MODEL, number, status === 'ready', reason),
      ),
    );
  }

  private async unlessOutrun(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409)) throw error;
      this.outrun += 1;
    }
  }
}
