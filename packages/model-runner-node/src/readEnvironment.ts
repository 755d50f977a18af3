import { createSecretKey, KeyObject } from 'node:crypto';
import {
  RunnerEnvironment,
  runnerEnvironmentSchema,
} from '@model-platform/model-wire';
import { RunnerSecrets } from './RunnerSecrets';

type Secret = 'RUNNER_SECRET' | 'METRICS_SECRET' | 'STATE_KEY';

export interface ReadEnvironment {
  environment: Omit<RunnerEnvironment, Secret>;
  secrets: RunnerSecrets;
  /** Seals what is handed to callers and comes back. */
  stateKey?: KeyObject;
}

/**
 * What a runner is started with. The secrets are taken out of the variables:
 * they are not for the developer's code, which runs in this process.
 *
 * @throws Error that names every variable that is missing or wrong
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): ReadEnvironment {
  const { data, error } = runnerEnvironmentSchema.safeParse(variables);
  if (!data)
    throw new Error(
      `wrong environment: ${error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  const { RUNNER_SECRET, METRICS_SECRET, STATE_KEY, ...environment } = data;
  for (const name of ['RUNNER_SECRET', 'METRICS_SECRET', 'STATE_KEY'])
    delete variables[name];
  return {
    environment,
    secrets: new RunnerSecrets({ RUNNER_SECRET, METRICS_SECRET }),
    stateKey: STATE_KEY ? createSecretKey(STATE_KEY, 'base64url') : undefined,
  };
}
