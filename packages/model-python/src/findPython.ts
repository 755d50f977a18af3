import { run } from './run';

/** The oldest minor version of Python 3 that the runtime supports. */
export const OLDEST_PYTHON = '3.11';

const NAMES = [
  'python3',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python',
];

export interface Python {
  file: string;
  version: string;
}

/** The machine's Python, new enough and able to make environments. @throws Error that says why there is none */
export async function findPython(): Promise<Python> {
  const reasons: string[] = [];
  for (const name of NAMES) {
    try {
      const [version, file] = (
        await run(name, [
          '-c',
          'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); print(sys.executable)',
        ])
      )
        .trim()
        .split('\n');
      const [major, minor] = version.split('.').map(Number);
      if (major === 3 && minor >= Number(OLDEST_PYTHON.split('.')[1]))
        return { file, version };
      reasons.push(`${name} is ${version}`);
    } catch (error) {
      if (!String(error).includes('ENOENT'))
        reasons.push(`${name} cannot make virtual environments`);
    }
  }
  const reason = reasons.length
    ? `, but ${reasons[0]}`
    : ' and none is installed';
  throw new Error(`Python ${OLDEST_PYTHON} or newer is needed${reason}.`);
}
