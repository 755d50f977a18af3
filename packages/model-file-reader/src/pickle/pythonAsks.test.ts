import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ByteStream } from './ByteStream';
import { readPickleImports } from './readPickleImports';

jest.setTimeout(60_000);

const PROGRAMS = 1_000;

async function* once(bytes: Buffer) {
  yield bytes;
}

/** What a program imports as Python has it, and as it is told here. */
async function comparisonOf(line: string) {
  const { code, names } = JSON.parse(line) as { code: string; names: string[] };
  const stream = new ByteStream(once(Buffer.from(code, 'hex')));
  const { imports, problem } = await readPickleImports(stream);
  const isRefused = problem !== undefined || imports.includes('?.?');
  return {
    code,
    names,
    imports,
    isRefused,
    missed: isRefused ? [] : names.filter(name => !imports.includes(name)),
  };
}

describe('what Python asks for', () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    // Most programs end with an error, and Jest takes long to trace one.
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('is named, or the pickle cannot be told', async () => {
    const script = path.join(__dirname, '../__testUtils__/randomPickles.py');
    const lines = execFileSync(
      'python3',
      ['-I', script, '20261126', String(PROGRAMS)],
      { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 },
    )
      .trim()
      .split('\n');
    expect(lines).toHaveLength(PROGRAMS);
    const compared = await Promise.all(lines.map(comparisonOf));
    expect(compared.find(({ missed }) => missed.length > 0)).toBeUndefined();
    // Enough of them are followed to their end, and import something.
    expect(
      compared.filter(({ isRefused, names }) => !isRefused && names.length > 0)
        .length,
    ).toBeGreaterThan(PROGRAMS / 20);
  });
});
