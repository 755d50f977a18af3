import { KubernetesClient } from '@model-platform/model-cluster';
import { gatewayAgentEnvironmentSchema } from '@model-platform/model-wire';
import { GatewayAgent } from './GatewayAgent';

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
  const parsed = gatewayAgentEnvironmentSchema.safeParse(process.env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new Error(
      `The agent's environment variables are wrong: ${problems.join('; ')}`,
    );
  }
  const agent = new GatewayAgent(
    parsed.data,
    KubernetesClient.fromKubeconfig(),
    log,
  );
  process.on('SIGTERM', () => {
    agent.outlast().then(() => process.exit(0));
  });
  process.on('SIGINT', () => {
    agent.stop().then(() => process.exit(0));
  });
  await agent.run();
}

main().catch((error: Error) => {
  log('error', error.message);
  process.exit(1);
});
