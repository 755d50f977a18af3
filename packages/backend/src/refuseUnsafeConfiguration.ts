import { Config } from '@backstage/config';
import { configFilesOf } from './configFilesOf';
import { findMissingVariables } from './findMissingVariables';
import { findUnsafeSettings } from './findUnsafeSettings';
import { isForThisMachineOnly } from './isForThisMachineOnly';
import { UnsafeConfigurationError } from './UnsafeConfigurationError';

/** @throws UnsafeConfigurationError where the configuration is not safe to be reached by others */
export function refuseUnsafeConfiguration(
  config: Config,
  started: { argv: string[]; environment: NodeJS.ProcessEnv },
): void {
  if (isForThisMachineOnly(config)) return;
  const missing = findMissingVariables(
    configFilesOf(started.argv),
    started.environment,
  );
  // What is missing for want of a variable is told as that alone.
  const found = missing.length > 0 ? missing : findUnsafeSettings(config);
  if (found.length > 0) throw new UnsafeConfigurationError(found);
}
