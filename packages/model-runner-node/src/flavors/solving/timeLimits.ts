import { RunnerManifest, WireSignatureField } from '@model-platform/model-wire';
import { RequestError } from '../../RequestError';
import { Row } from '../Flavor';

/** The input that lowers the limit for one call, where the signature has it. */
const INPUT = 'timeLimitSeconds';
/** Where the metadata does not say it. */
const DEFAULT_SECONDS = 20;
/** A start does not wait longer for the example's solution. */
const WARM_UP_MS = 5_000;

/** The fields of the signature that are parameters of the model. */
export function parametersOf(
  inputs: WireSignatureField[],
): WireSignatureField[] {
  return inputs.filter(({ name }) => name !== INPUT);
}

/** How long the solver may take, milliseconds: as the version says, or less. */
export function timeLimits({
  timeLimitSeconds = DEFAULT_SECONDS,
}: Pick<RunnerManifest, 'timeLimitSeconds'>) {
  const ofVersion = timeLimitSeconds * 1000;
  return {
    of(row: Row): number {
      const given = row[INPUT];
      if (typeof given !== 'number') return ofVersion;
      if (given <= 0 || given > timeLimitSeconds) {
        const message = `must be more than 0 and at most ${timeLimitSeconds}`;
        throw new RequestError(400, `inputs.${INPUT} ${message}.`, [
          { path: `inputs.${INPUT}`, message },
        ]);
      }
      return given * 1000;
    },
    warmUp: Math.min(ofVersion, WARM_UP_MS),
  };
}
