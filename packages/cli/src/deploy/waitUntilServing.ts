import {
  Deployment,
  ModelPlatformClient,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { Terminal } from '../output/Terminal';
import { sleep } from '../platform/sleep';

const POLL_MS = 500;
/** A state is believed to be a failure once it has been one for this long: the one read first may be of the revision before. */
const FAILED_FOR_MS = 3_000;

/** @internal */
export interface WaitOptions {
  platform: ModelPlatformClient;
  terminal: Terminal;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Waits until the deployment's newest revision answers, and tells each
 * condition as it changes. What is left to a person is not waited for.
 *
 * @throws CliError `Failed` with the platform's reason where it does not, or not in time.
 */
export async function waitUntilServing(
  applied: Deployment,
  { platform, terminal, timeoutMs, signal }: WaitOptions,
): Promise<Deployment> {
  const wanted = applied.revision?.number ?? 0;
  const deadline = Date.now() + timeoutMs;
  const told = new Set<string>();
  let failedSince: number | undefined;
  for (
    let deployment = applied;
    ;
    deployment = await platform.getDeployment(applied.name)
  ) {
    if (deployment.off || isPersons(deployment, wanted)) return deployment;
    if (
      deployment.phase === 'Ready' &&
      (deployment.servingRevision ?? 0) >= wanted
    )
      return deployment;
    for (const line of describeConditions(deployment)) {
      if (!told.has(line)) terminal.note(`  ${line}`);
      told.add(line);
    }
    failedSince = hasFailed(deployment, wanted)
      ? failedSince ?? Date.now()
      : undefined;
    if (
      failedSince !== undefined &&
      Date.now() - failedSince >= FAILED_FOR_MS
    ) {
      throw new CliError(
        'Failed',
        `${applied.name} does not serve revision ${wanted}.`,
        {
          details: failureDetails(deployment),
        },
      );
    }
    if (Date.now() >= deadline) {
      // Its steps take as long as they take.
      if (deployment.canary?.phase === 'progressing') return deployment;
      throw new CliError(
        'Failed',
        `${applied.name} did not serve revision ${wanted} within ${
          timeoutMs / 1000
        } s; it goes on trying.`,
        { details: failureDetails(deployment) },
      );
    }
    terminal.progress(`waiting for ${applied.name}: ${deployment.phase}`);
    await sleep(POLL_MS, signal);
  }
}

/** It is for a person to say how it goes on. */
function isPersons(
  { overrides = [], canary, revision }: Deployment,
  wanted: number,
): boolean {
  return (
    revision?.number === wanted &&
    (overrides.some(({ kind }) => kind === 'pause') ||
      canary?.waitsFor === 'person')
  );
}

/** The platform has given it up, or its runners fail again and again. */
function hasFailed(deployment: Deployment, wanted: number): boolean {
  if (deployment.phase === 'Failed') return true;
  const progressing = deployment.conditions.find(
    ({ type }) => type === 'Progressing',
  );
  if (
    progressing?.status === 'False' &&
    ['DeadlineExceeded', 'RolledBack', 'RuntimeUnavailable'].includes(
      progressing.reason,
    )
  ) {
    return true;
  }
  const own = deployment.runners.filter(runner => runner.revision >= wanted);
  return (
    own.length > 0 &&
    own.every(({ phase, restarts }) => phase === 'failed' && restarts >= 3)
  );
}

function describeConditions(deployment: Deployment): string[] {
  return deployment.conditions
    .filter(({ message }) => message)
    .map(({ type, reason, message }) => `${type} (${reason}): ${message}`);
}

function failureDetails(deployment: Deployment): string[] {
  const runners = deployment.runners
    .filter(({ message }) => message)
    .map(({ id, phase, message }) => `runner ${id} ${phase}: ${message}`);
  return [
    ...describeConditions(deployment),
    ...runners,
    ...(deployment.servingRevision !== undefined &&
    deployment.servingRevision !== deployment.revision?.number
      ? [`Revision ${deployment.servingRevision} goes on serving.`]
      : []),
    `Its logs: model-platform logs ${deployment.name}`,
  ];
}
