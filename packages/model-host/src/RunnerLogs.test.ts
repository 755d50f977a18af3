import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunnerLogs } from './RunnerLogs';

describe('RunnerLogs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runner-logs-'));
  const logs = new RunnerLogs(folder);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function tail(id: string, count: number): Promise<unknown[]> {
    const messages: unknown[] = [];
    const options = {
      tail: count,
      follow: false,
      signal: new AbortController().signal,
    };
    for await (const line of await logs.read(id, options)) {
      messages.push(JSON.parse(line).message);
    }
    return messages;
  }

  it('reads the end of a long log, cuts it without losing its writer, and reads on across the cut', async () => {
    const path = join(folder, 'long.jsonl');
    const line = (message: number) =>
      `${JSON.stringify({
        at: '2026-01-01T00:00:00Z',
        level: 'info',
        message,
        text: 'ö'.repeat(500),
      })}\n`;
    const all = Array.from({ length: 11_000 }, (_, index) => index);
    writeFileSync(path, all.map(line).join(''));
    expect(await tail('long', 3)).toEqual([10_997, 10_998, 10_999]);
    expect(await tail('long', 500)).toEqual(all.slice(-500));

    await logs.rotate();
    expect(statSync(path).size).toBe(0);
    appendFileSync(path, line(11_000));
    expect(await tail('long', 3)).toEqual([10_998, 10_999, 11_000]);
    await logs.rotate();
    expect(readdirSync(folder).sort()).toEqual(['long.1.jsonl', 'long.jsonl']);
  });

  it('forgets runners that are gone for a week, or beyond two hundred, but never one that runs', () => {
    const old = new Date(Date.now() - 8 * 24 * 60 * 60_000);
    for (const id of ['old', 'running']) {
      writeFileSync(join(folder, `${id}.jsonl`), '');
      utimesSync(join(folder, `${id}.jsonl`), old, old);
    }
    for (let index = 0; index < 210; index += 1) {
      writeFileSync(join(folder, `r${index}.jsonl`), '');
      const at = new Date(Date.now() - index * 1000);
      utimesSync(join(folder, `r${index}.jsonl`), at, at);
    }
    logs.clean(new Set(['running', 'long']));
    const left = readdirSync(folder);
    expect(left).not.toContain('old.jsonl');
    expect(left).toEqual(
      expect.arrayContaining([
        'running.jsonl',
        'long.jsonl',
        'r0.jsonl',
        'r199.jsonl',
      ]),
    );
    expect(left).not.toContain('r200.jsonl');
  });
});
