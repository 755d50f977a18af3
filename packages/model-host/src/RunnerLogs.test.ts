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
import { LogFilter } from './LogFilter';
import { RunnerLogs } from './RunnerLogs';
import { SearchBudget } from './SearchBudget';

jest.setTimeout(60_000);

describe('RunnerLogs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runner-logs-'));
  const logs = new RunnerLogs(folder);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function tail(
    id: string,
    count: number,
    wanted: { since?: string; grep?: string } = {},
  ): Promise<unknown[]> {
    const messages: unknown[] = [];
    const options = {
      tail: count,
      follow: false,
      filter: LogFilter.of(wanted, new SearchBudget()),
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

  it('finds lines by time, text and expression, also in what was put aside', async () => {
    const line = (index: number, message: string, more = {}) =>
      `${JSON.stringify({
        at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
        level: 'info',
        message,
        ...more,
      })}\n`;
    writeFileSync(
      join(folder, 'found.1.jsonl'),
      line(0, 'ready') + line(1, 'Refused it', { requestId: 'r-1' }),
    );
    writeFileSync(
      join(folder, 'found.jsonl'),
      `${line(2, 'failed', { stack: 'TypeError: no\n  at x' })}not JSON\n${line(
        3,
        'refused',
        { code: 413 },
      )}`,
    );
    const all = ['ready', 'Refused it', 'failed', 'not JSON', 'refused'];
    expect(await tail('found', 10, {})).toEqual(all);
    const since = '2026-01-01T00:02:00Z';
    expect(await tail('found', 10, { since })).toEqual(all.slice(2));
    const cases: Array<[string, string[]]> = [
      ['refused', ['Refused it', 'refused']],
      ['r-1', ['Refused it']],
      ['/^refused$/', ['refused']],
      ['/^refused/i', ['Refused it', 'refused']],
      ['/TypeError: \\w+/', ['failed']],
      ['413', ['refused']],
      ['not json', ['not JSON']],
      // It would take longer than the world lasts elsewhere.
      [`/(a+)+$/`, []],
    ];
    for (const [grep, wanted] of cases)
      expect([grep, await tail('found', 10, { grep })]).toEqual([grep, wanted]);
    expect(await tail('found', 1, { grep: 'refused' })).toEqual(['refused']);
    expect(await tail('found', 9, { grep: 'refused', since })).toEqual([
      'refused',
    ]);
  });

  it('refuses searches that are too large, and those that take too long, whoever began', () => {
    const budget = new SearchBudget(100);
    const filter = (grep: string) => LogFilter.of({ grep }, budget);
    for (const large of [
      '.{0,1000}.{0,1000}!',
      '((a{30}b){30}c)'.repeat(30),
      // Compiling it would be enough to hold up all else.
      '((abcdefghijklmnopqrstuvw{9}){9}){9}'.repeat(13),
    ])
      expect(() => filter(`/${large}/`)).toThrow('repeat less often');
    expect(() => filter('/(/')).toThrow(
      'grep is no expression: error parsing regexp: missing closing )',
    );
    expect(() => filter('x'.repeat(501))).toThrow('500');

    const [slow, other] = [filter('/(a|b|c|.){0,150}[!?]/'), filter('x')];
    const long = JSON.stringify({ message: 'x'.repeat(4_096) });
    expect(other?.accepts(long)).toBe(true);
    expect(() => {
      for (;;) slow?.accepts(long);
    }).toThrow('grep takes too long');
    expect(() => other?.accepts(long)).toThrow('grep takes too long');
    // By time alone nothing is searched.
    const since = LogFilter.of({ since: '2026-01-01T00:00:00Z' }, budget);
    expect(since?.accepts('{"at":"2026-01-02T00:00:00Z"}')).toBe(true);
  });

  it('follows across a cut, and only what is wanted', async () => {
    const path = join(folder, 'followed.jsonl');
    const line = (message: string) => `${JSON.stringify({ message })}\n`;
    // Of a time from then on; what comes has none.
    const begin = { at: '2026-01-02T00:00:00Z', message: 'yes 0' };
    writeFileSync(path, `${JSON.stringify(begin)}\n${line('no')}`);
    const stop = new AbortController();
    const found: unknown[] = [];
    const following = (async () => {
      const lines = await logs.read('followed', {
        tail: 10,
        follow: true,
        filter: LogFilter.of(
          { grep: 'yes', since: '2026-01-01T00:00:00Z' },
          new SearchBudget(),
        ),
        signal: stop.signal,
      });
      for await (const one of lines) {
        found.push(JSON.parse(one).message);
        if (found.length === 1) {
          // Faster than anybody reads: what was written is put aside at once.
          appendFileSync(path, `${line('yes 1')}${'x'.repeat(11_000_000)}\n`);
          await logs.rotate();
          appendFileSync(path, line('no') + line('yes 2'));
        }
        if (found.includes('yes 2')) stop.abort();
      }
    })();
    await following;
    expect(found.slice(0, 3)).toEqual(['yes 0', 'yes 1', 'yes 2']);
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
    logs.clean(new Set(['running', 'long', 'found', 'followed']));
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
