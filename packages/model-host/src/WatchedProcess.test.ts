import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, until } from './testPlatform';
import { WatchedProcess } from './WatchedProcess';

/** A process that leads a group with another one in it, which nobody's end ends. */
async function startPair(): Promise<[WatchedProcess, number]> {
  const child = spawn(
    'sh',
    [
      '-c',
      'sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & exec sleep 600',
    ],
    { detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [told] = await once(child.stdout, 'data');
  return [
    WatchedProcess.ofChild(child, child.pid as number),
    Number(String(told)),
  ];
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
});
