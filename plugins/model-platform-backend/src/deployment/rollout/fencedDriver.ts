import {
  DeploymentDriver,
  DesiredRevision,
} from '@model-platform/plugin-model-platform-node';

/** What changes engines, and what is asked of them on the way. */
export type FencedDriver = Pick<
  DeploymentDriver,
  | 'name'
  | 'scalesToZero'
  | 'unavailable'
  | 'apply'
  | 'observe'
  | 'routeDigest'
  | 'route'
  | 'switchOff'
  | 'release'
  | 'remove'
> & {
  /** The leader's lease number. */
  fencing: number;
};

/** The driver in the hands of the leader with this lease number: each change carries it. */
export function fencedDriver(
  driver: DeploymentDriver,
  fencing: number,
): FencedDriver {
  return {
    fencing,
    name: driver.name,
    scalesToZero: driver.scalesToZero,
    unavailable: runtime => driver.unavailable(runtime),
    observe: ref => driver.observe(ref),
    routeDigest: (ref, route) => driver.routeDigest(ref, route),
    apply: (desired: DesiredRevision, { signal }) =>
      driver.apply(desired, { signal, fencing }),
    route: (ref, route) => driver.route(ref, route, { fencing }),
    switchOff: (ref, route) => driver.switchOff(ref, route, { fencing }),
    release: (ref, revisions) => driver.release(ref, revisions, { fencing }),
    remove: ref => driver.remove(ref, { fencing }),
  };
}
