import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

const KEY = 'modelPlatform.deployments.leaseSeconds';
const DEFAULT_SECONDS = 15;
/** It is renewed about once a second, from a third of its life on. */
const MIN_SECONDS = 3;

/** How long a leader that is gone is waited for. */
export function readLeaseSeconds(config: Config): number {
  const seconds = config.getOptionalNumber(KEY) ?? DEFAULT_SECONDS;
  if (seconds < MIN_SECONDS) {
    throw new InputError(
      `${KEY} is ${seconds}; it must be at least ${MIN_SECONDS}, or the leader would lose its lease between two looks`,
    );
  }
  return seconds;
}
