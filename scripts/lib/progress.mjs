/** Says what a long step does, and how long it took. */
const started = Date.now();

// Whoever reads may go away; what was started goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', () => {});

export const seconds = ms => `${(ms / 1000).toFixed(1)} s`;

export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs a step, shows that it goes on, and how long it took. Steps may overlap:
 * each prints lines of its own.
 */
export async function step(title, work) {
  const begin = Date.now();
  say(`  … ${title}`);
  const ticker = setInterval(
    () =>
      say(`    ${title}: ${Math.round((Date.now() - begin) / 1000)} s so far`),
    15_000,
  );
  try {
    const result = await work();
    say(`  ✓ ${title} (${seconds(Date.now() - begin)})`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}

/** Time since the program began, for people. */
export const sinceStart = () => seconds(Date.now() - started);

/** An error that is told in one line, without a stack. */
export class PlainError extends Error {}

/** Last resort of a script: one clear line, exit 1. */
export function fail(error) {
  if (error instanceof PlainError) {
    process.stderr.write(`\n${error.message}\n`);
  } else if (error?.code === 'ENOSPC') {
    process.stderr.write(`\nThe disk is full: ${error.message}\n`);
  } else if (
    error?.code === 'EACCES' ||
    error?.code === 'EROFS' ||
    error?.code === 'EPERM'
  ) {
    process.stderr.write(`\nNo permission to write: ${error.message}\n`);
  } else if (error?.syscall && error.path) {
    process.stderr.write(`\nA file cannot be used: ${error.message}\n`);
  } else {
    process.stderr.write(`\n${error?.stack ?? error}\n`);
  }
  process.exit(1);
}
