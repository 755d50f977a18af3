import { gatewayEnvironmentSchema } from '@model-platform/model-wire';
import { startGateway } from './startGateway';

function log(
  level: 'debug' | 'info' | 'error',
  message: string,
  facts: object = {},
): void {
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
  // Before it says that it listens: whoever reads that may ask it to end.
  const askedToEnd = new Promise<void>(done => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => done());
    }
  });
  const parsed = gatewayEnvironmentSchema.safeParse(process.env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new Error(
      `The gateway's environment variables are wrong: ${problems.join('; ')}`,
    );
  }
  const gateway = await startGateway(parsed.data, log);
  await askedToEnd;
  log('info', 'gateway is draining');
  await gateway.stop();
  process.exit(0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
