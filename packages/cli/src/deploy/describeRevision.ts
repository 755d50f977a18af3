import { Deployment } from '@model-platform/plugin-model-platform-common';
import { describeVariants } from './describeVariants';

/** The revision that is wanted, and what it serves. */
export function describeRevision({ revision }: Deployment): string[] {
  if (!revision) return [];
  return [`Revision ${revision.number}:`, ...describeVariants(revision)];
}
