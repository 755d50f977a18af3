import {
  DesiredRevision,
  ObservedDeployment,
  replicasOf,
} from '@model-platform/plugin-model-platform-node';
import { isAlive } from './isAlive';

/** Of every variant as many runners are ready as there must always be, or it sleeps. */
export function isReady(
  desired: DesiredRevision,
  observed: ObservedDeployment,
): boolean {
  return desired.variants.every(variant => {
    const runners = observed.runners.filter(
      runner =>
        runner.revision === desired.revision &&
        runner.variant === variant.name &&
        isAlive(runner),
    );
    const { min } = replicasOf(desired.resources, variant);
    const ready = runners.filter(({ phase }) => phase === 'ready');
    return (
      runners.length > 0 &&
      (runners.every(({ phase }) => phase === 'asleep') ||
        // An engine may have room for fewer. What comes with the load may fail, and takes nothing away.
        ready.length >= Math.min(Math.max(min, 1), runners.length))
    );
  });
}
