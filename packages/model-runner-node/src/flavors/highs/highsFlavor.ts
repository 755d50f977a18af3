import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import { RequestError } from '../../RequestError';
import { Flavor, Row } from '../Flavor';
import { onlyFile } from '../onlyFile';
import { Solution, variablesOf } from '../solving/Solution';
import { solvedModel } from '../solving/solvedModel';
import { SolverPool } from '../solving/SolverPool';
import { JobLimit } from '../solving/SolverThread';
import { parametersOf } from '../solving/timeLimits';
import { compileTemplate } from './compileTemplate';
import { HighsAnswer, HighsJob } from './highsEngine';

/** HiGHS looks at its clock between its steps; so much later it is ended from outside. */
const GRACE_MS = 500;
const READ_MS = 20_000;
/** HiGHS does not say which number it is, but these are what it takes none beyond. */
const UNREAD =
  'The model does not take these inputs: HiGHS cannot read it with them. Coefficients of constraints must be below 1e15, bounds and right-hand sides below 1e20.';

/** Linear and mixed-integer programs in LP or MPS files, by HiGHS: `https://highs.dev`. */
export const highsFlavor: Flavor = {
  name: 'highs',

  async load(manifest, directory, context) {
    const file = onlyFile(manifest, ['.lp', '.mps']);
    const format = file.toLowerCase().endsWith('.lp') ? 'lp' : 'mps';
    const { inputs, outputs } = manifest.signature;
    const fill = compileTemplate(
      await readFile(path.join(directory, file), 'utf8'),
      parametersOf(inputs),
    );
    const pool = new SolverPool('highs', true);
    await pool.start();
    const run = async (job: HighsJob, limit: JobLimit) =>
      await pool.run(job, limit);
    const first = firstRow(manifest);
    if (first) {
      const columns = await columnsOf(file, run, { format, text: fill(first) });
      const unknown = variablesOf(outputs).find(
        ({ name }) => !columns.includes(name),
      );
      if (unknown) {
        throw new Error(
          `The signature does not fit: output '${unknown.name}' is no variable of ${file}.`,
        );
      }
    }
    const solve = async (row: Row, limit: JobLimit): Promise<Solution> => {
      const ended = await run(
        { format, text: fill(row), limitMs: limit.limitMs },
        { ...limit, limitMs: limit.limitMs + GRACE_MS },
      );
      if (ended.end === 'stopped')
        return { status: 'unknown', solveTimeMs: ended.tookMs };
      const answer = ended.value as Solution | { unread: string };
      if (!('unread' in answer)) return answer;
      // It is the row's numbers only where others can be read.
      if (!first) await columnsOf(file, run, { format, text: fill() });
      throw new RequestError(400, UNREAD);
    };
    return solvedModel(manifest, context, pool, 'lp_highs', solve);
  },
};

/** Inputs to read the model with before anybody calls; undefined where the version says none. */
function firstRow({ example, signature }: RunnerManifest): Row | undefined {
  const defaults = Object.fromEntries(
    signature.inputs.map(field => [field.name, field.default]),
  );
  const row = { ...defaults, ...example };
  return parametersOf(signature.inputs).every(
    ({ name }) => row[name] !== undefined,
  )
    ? row
    : undefined;
}

async function columnsOf(
  file: string,
  run: (job: HighsJob, limit: JobLimit) => ReturnType<SolverPool['run']>,
  job: HighsJob,
): Promise<string[]> {
  const ended = await run(job, { limitMs: READ_MS }).catch(error => {
    throw new Error(`HiGHS cannot read ${file}: ${error.message}.`);
  });
  if (ended.end === 'stopped')
    throw new Error(`HiGHS did not read ${file} within ${READ_MS / 1000} s.`);
  const answer = ended.value as HighsAnswer;
  if ('unread' in answer)
    throw new Error(`HiGHS cannot read ${file}: ${answer.unread}.`);
  return 'columns' in answer ? answer.columns : [];
}
