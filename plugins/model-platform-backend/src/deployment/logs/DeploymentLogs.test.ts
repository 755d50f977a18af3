import { ConfigReader } from '@backstage/config';
import { NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  LogOptions,
  RunnerRef,
} from '@model-platform/plugin-model-platform-node';
import { MemoryDriver } from '../__testUtils__/MemoryDriver';
import { DeploymentLogs } from './DeploymentLogs';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Environments } from '../environments/Environments';

const runner = 'iris--r1-main-0';
const lineOf = (message: string): LogLine => ({
  at: '2026-01-01T00:00:00Z',
  level: 'info',
  message,
  runner,
});

/** Of one runner, whose log is read as often as there are answers. */
class DriverOfLogs extends MemoryDriver {
  readonly tails: Array<number | undefined> = [];

  constructor(
    private readonly answers: Array<() => Generator<LogLine>>,
    private readonly onEnd: () => void,
  ) {
    super();
  }

  override async logSources() {
    return [{ runner }];
  }

  override async *logs(_: RunnerRef, { tail }: LogOptions) {
    this.tails.push(tail);
    const next = this.answers.shift();
    if (next) yield* next();
    if (this.answers.length === 0) this.onEnd();
  }
}

async function follow(...answers: Array<() => Generator<LogLine>>) {
  const abort = new AbortController();
  const driver = new DriverOfLogs(answers, () => abort.abort());
  const logs = new DeploymentLogs(
    Environments.fromConfig(
      new ConfigReader({
        modelPlatform: { environments: [{ name: 'local', driver: 'local' }] },
      }),
      [driver],
    ),
  );
  const found: string[] = [];
  const begin = await logs.follow(
    { name: 'iris', environment: 'local' } as DeploymentRecord,
    { tail: 5, signal: abort.signal },
  );
  await begin(({ message }) => found.push(message));
  return { found, tails: driver.tails };
}

function* missing(): Generator<LogLine> {
  throw new NotFoundError('There are no logs yet');
}

describe('following the logs of a deployment', () => {
  it('begins with a runner that has no log yet as soon as it has one', async () => {
    const { found } = await follow(missing, function* written() {
      yield lineOf('ready');
    });
    expect(found).toEqual(['ready']);
  });

  it('repeats nothing where a log cannot be read for a while, whatever times its lines say', async () => {
    const { found, tails } = await follow(
      function* broken() {
        yield { ...lineOf('first'), at: 'never' };
        throw new Error('away');
      },
      function* written() {
        yield lineOf('next');
      },
    );
    expect(found).toEqual([
      'first',
      'The log of this runner cannot be read: away',
      'next',
    ]);
    expect(tails).toEqual([5, 0]);
  });
});
