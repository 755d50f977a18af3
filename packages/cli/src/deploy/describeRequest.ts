import { Deployment } from '@model-platform/plugin-model-platform-common';
import { describeVariants } from './describeVariants';

/** The revision that waits for its gates, and what it would serve. */
export function describeRequest({ request }: Deployment): string[] {
  if (!request) return [];
  return [
    `Request ${request.number} waits (${request.reason}):`,
    ...describeVariants(request),
  ];
}
