import { execFile } from 'node:child_process';

export interface Ended {
  code: number;
  output: string;
}

/** Runs a program to its end, and keeps what it says. */
export async function runProgram(
  file: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Ended> {
  return await new Promise(resolve => {
    execFile(
      file,
      args,
      { ...options, env: { PATH: process.env.PATH, ...options.env } },
      (error, stdout, stderr) =>
        resolve({
          code: error ? Number(error.code ?? 1) : 0,
          output: `${stdout}${stderr}${error?.signal ?? ''}`,
        }),
    );
  });
}

/** The Python of this project's tests. */
export function testPython(): string {
  const python = process.env.TEST_PYTHON;
  if (!python)
    throw new Error('TEST_PYTHON must name a Python with requirements.txt');
  return python;
}
