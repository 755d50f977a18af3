import { ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { startTimeOf } from './startTimeOf';
import { takeOver } from './Supervisor';
import { isAlive, until } from './testPlatform';
import { WatchedProcess } from './WatchedProcess';

jest.setTimeout(120_000);

/** A process that leads a group with another one in it, which nobody's end ends. */
async function spawnPair(
  environment: Record<string, string> = {},
): Promise<[ChildProcess, number]> {
  const child = spawn(
    'sh',
    [
      '-c',
      'sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & exec sleep 600',
    ],
    {
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [told] = await once(child.stdout, 'data');
  return [child, Number(String(told))];
}

async function startPair(): Promise<[WatchedProcess, number]> {
  const [child, other] = await spawnPair();
  return [WatchedProcess.ofChild(child, child.pid as number), other];
}

describe('WatchedProcess', () => {
  it('leaves nothing of what its process has started, however that ends', async () => {
    const [asked, left] = await startPair();
    expect(isAlive(left)).toBe(true);
    await asked.end(5_000);
    expect(await asked.ended).toBe('ended by SIGTERM');
    await until(() => !isAlive(left));

    const [crashed, alone] = await startPair();
    process.kill(crashed.pid, 'SIGKILL');
    await crashed.ended;
    await until(() => !isAlive(alone));

    const [given, other] = await startPair();
    const { pid, startTime } = given;
    const taken = WatchedProcess.takeOver(pid, startTime);
    await taken?.end(5_000);
    await until(() => !isAlive(other));
  });

  it('is none of one that ended while nobody watched; what that left ends, and no stranger', async () => {
    const secret = 'of the one that is gone';
    const mark = createHash('sha256').update(secret).digest('hex');
    const leave = async (environment: Record<string, string>) => {
      const [child, left] = await spawnPair(environment);
      const pid = child.pid as number;
      const record = {
        ...{ pid, startTime: startTimeOf(pid), port: 1, secret },
        ...{ purpose: 'test', startedAt: new Date().toISOString() },
      };
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(takeOver(record)).toBeUndefined();
      return left;
    };
    const stranger = await leave({});
    try {
      const own = await leave({ MODEL_HOST_MARK: mark });
      await until(() => !isAlive(own));
      expect(isAlive(stranger)).toBe(true);
    } finally {
      process.kill(stranger, 'SIGKILL');
    }
  });
});
