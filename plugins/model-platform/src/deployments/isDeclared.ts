import { Deployment } from '@model-platform/plugin-model-platform-common';

/** Whether a file in Git says what it shall be. */
export function isDeclared({ source, orphanedAt }: Deployment): boolean {
  return source !== 'api' && orphanedAt === undefined;
}
