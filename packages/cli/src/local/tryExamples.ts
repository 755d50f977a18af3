import { CliError } from '../errors/CliError';
import { differences } from './differences';
import { LocalRunner, RunnerLine } from './LocalRunner';
import { Example, readExamples } from './readExamples';
import { showLine } from './showLine';
import { freePort, startRunner, StartOptions } from './startRunner';

/** What a platform gives a model to load, by default. */
const START_TIMEOUT_MS = 60_000;

/** How one example went. */
export interface Tried {
  name: string;
  passed: boolean;
  /** Why not. */
  problems: string[];
  durationMs: number;
}

/**
 * Runs a folder's examples against a runner of its own.
 *
 * @throws CliError `Failed` where it cannot be started, with why
 */
export async function tryExamples(
  options: Omit<StartOptions, 'onLine' | 'port'>,
): Promise<Tried[]> {
  const { terminal, signal } = options;
  const lines: RunnerLine[] = [];
  const { runner, version } = await startRunner({
    ...options,
    port: await freePort(),
    onLine: line => {
      lines.push(line);
      if (line.stack || line.level === 'warn') showLine(terminal, line);
    },
  });
  try {
    const examples = readExamples(version);
    if (examples.length === 0)
      throw new CliError(
        'Refused',
        'There is nothing to try: give model.yaml an example, or write an examples.yaml.',
      );
    if (!(await isReady(runner, signal)))
      throw new CliError(
        'Failed',
        lastError(lines) ?? 'It ended before it was ready.',
      );
    const tried: Tried[] = [];
    let lost: string | undefined;
    const problemsWith = async (example: Example): Promise<string[]> => {
      if (lost) return [`was not tried: its runner ${lost}`];
      const answer = await runner.predict(example.inputs, signal);
      if (answer === 'ended') {
        lost = 'had ended';
        return [
          `ended its runner: ${lastError(lines) ?? 'it does not say why'}`,
        ];
      }
      if (answer === 'late') {
        lost = 'had not answered before';
        return [
          `did not answer within ${
            version.callTimeoutMs / 1000
          } s (resources.timeoutSeconds)`,
        ];
      }
      return problemsOf(example, answer);
    };
    for (const example of examples) {
      const begin = performance.now();
      const problems = await problemsWith(example);
      tried.push({
        name: example.name,
        passed: problems.length === 0,
        problems,
        durationMs: Math.round(performance.now() - begin),
      });
    }
    return tried;
  } finally {
    await runner.stop();
  }
}

/** As a platform would wait for it. */
async function isReady(
  runner: LocalRunner,
  signal: AbortSignal,
): Promise<boolean> {
  const late = AbortSignal.timeout(START_TIMEOUT_MS);
  try {
    return await runner.ready(AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    throw new CliError(
      'Failed',
      `It was not ready after ${
        START_TIMEOUT_MS / 1000
      } s, the time that it has to load.`,
    );
  }
}

function lastError(lines: RunnerLine[]): string | undefined {
  return lines.findLast(({ level }) => level === 'error')?.message;
}

function problemsOf(
  { outputs }: Example,
  { status, body }: { status: number; body: any },
): string[] {
  if (status !== 200) {
    const { message, fields = [] } = body.error;
    return [
      `answered ${status}: ${message}`,
      ...fields.map(
        (field: { path: string; message: string }) =>
          `${field.path} ${field.message}`,
      ),
    ];
  }
  return outputs === undefined ? [] : differences(outputs, body.outputs);
}
