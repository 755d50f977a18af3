import {
  DeploymentSpec,
  RevisionTraffic,
} from '@model-platform/plugin-model-platform-common';

/** What a revision keeps of how its spec shares out calls; undefined where that says nothing. */
export function trafficOf(spec: DeploymentSpec): RevisionTraffic | undefined {
  const { stickyBy } = spec.strategy ?? {};
  const { concurrentCalls, maxBodyBytes } = spec.limits ?? {};
  return stickyBy === undefined &&
    concurrentCalls === undefined &&
    maxBodyBytes === undefined
    ? undefined
    : { stickyBy, concurrentCalls, maxBodyBytes };
}
