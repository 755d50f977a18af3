import { existsSync } from 'node:fs';
import { HostRunnerState } from '@model-platform/model-wire';

/**
 * Interpreters of the runners that serve, by the runners' ids; undefined for
 * the platform's own. A newer platform would make others, and a runner whose
 * interpreter changes ends before the next one is ready: those that serve go
 * on as they are until their next revision.
 */
export function servingInterpreters(
  runners: Array<Pick<HostRunnerState, 'id' | 'phase' | 'interpreter'>>,
): Map<string, string | undefined> {
  return new Map(
    runners
      .filter(
        ({ phase, interpreter }) =>
          phase === 'ready' &&
          (interpreter === undefined || existsSync(interpreter)),
      )
      .map(({ id, interpreter }) => [id, interpreter]),
  );
}
