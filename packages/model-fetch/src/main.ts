import { fetchEnvironmentSchema } from '@model-platform/model-wire';
import { fetchModel } from './fetchModel';

function log(level: string, message: string, facts: object = {}): void {
  process.stdout.write(
    `${JSON.stringify({
      at: new Date().toISOString(),
      level,
      message,
      ...facts,
    })}\n`,
  );
}

// A full disk, or nobody who reads, costs lines of the log and nothing else.
process.stdout.on('error', () => {});

async function main(): Promise<void> {
  const parsed = fetchEnvironmentSchema.safeParse(process.env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new Error(
      `The environment variables are wrong: ${problems.join('; ')}`,
    );
  }
  await fetchModel(parsed.data, (message, facts) =>
    log('info', message, facts),
  );
}

// What it ends with stands on the deployment's page.
main().catch((error: Error) => {
  log('error', error.message);
  process.exitCode = 1;
});
