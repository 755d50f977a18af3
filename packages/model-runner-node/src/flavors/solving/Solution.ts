import { WireSignatureField } from '@model-platform/model-wire';
import { Row } from '../Flavor';

/**
 * How a solve ended: proven best; a solution, not proven the best (or one of a
 * model that has no objective); proven that there is none; no solution within
 * the limit.
 */
export type SolveStatus =
  | 'optimal'
  | 'feasible'
  | 'infeasible'
  | 'unbounded'
  | 'infeasibleOrUnbounded'
  | 'unknown';

/** What every solver answers. */
export interface Solution {
  status: SolveStatus;
  /** Of the best solution. */
  objective?: number;
  /** How far from the best possible it may be at most, as a share; 0 where proven the best. */
  gap?: number;
  /** Values by the names of the model; absent where there is no solution. */
  values?: Record<string, unknown>;
  solveTimeMs: number;
}

/** Outputs that tell of the solve; all others are variables of the model. */
const ofTheSolve = ['status', 'objective', 'gap', 'solveTimeMs', 'solution'];

/** How far from whole what solvers take for a whole number may be. */
const WHOLE_TOLERANCE = 1e-6;

function wholeOf(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const whole = Math.round(value);
  return Math.abs(value - whole) <= WHOLE_TOLERANCE ? whole : value;
}

/** The fields of the signature that are variables of the model. */
export function variablesOf(
  outputs: WireSignatureField[],
): WireSignatureField[] {
  return outputs.filter(({ name }) => !ofTheSolve.includes(name));
}

/** By the signature's names, whole numbers as such; null where there is none. */
export function toRow(
  outputs: WireSignatureField[],
  { values, ...solve }: Solution,
): Row {
  const told: Row = { ...solve, solution: values };
  return Object.fromEntries(
    outputs.map(({ name, type }) => {
      const value = ofTheSolve.includes(name) ? told[name] : values?.[name];
      return [name, (type === 'integer' ? wholeOf(value) : value) ?? null];
    }),
  );
}
