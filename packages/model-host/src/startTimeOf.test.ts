import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { startTimeOf } from './startTimeOf';
import { until } from './testPlatform';

jest.setTimeout(120_000);

/** Its first thread ends, as all do in their turn when a process exits; another one goes on. */
const LEFT_BY_ITS_LEADER = `
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
print('there', flush=True)
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)
`;

// Elsewhere `ps` tells it.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('startTimeOf', () => {
  it('knows a process until the last of its threads has ended: so long it holds its ports', async () => {
    const child = spawn('python3', ['-c', LEFT_BY_ITS_LEADER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    const pid = child.pid as number;
    const startTime = startTimeOf(pid);
    expect(startTime).toMatch(/\/\d+$/);
    await until(() =>
      readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '),
    );
    expect(startTimeOf(pid)).toBe(startTime);
    child.kill('SIGKILL');
    await ended;
    expect(startTimeOf(pid)).toBeUndefined();
  });
});
