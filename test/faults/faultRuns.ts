import { Dice } from './Dice';

/** How often each fault is made; `npm run test:faults` makes a hundred. */
export const faultRuns = Number(process.env.FAULT_RUNS || 10);

/** `FAULT_SEED` repeats what a failed run did; it is chosen before the workers start. */
export const faultSeed = process.env.FAULT_SEED || '1';

/** Each run has its own dice: the third one throws the same however many there are. */
export function diceOf(suite: string, run: number): Dice {
  return new Dice(`${faultSeed} ${suite} ${run}`);
}

/** What a suite did, for people and release notes. */
export function report(suite: string, line: string): void {
  process.stdout.write(
    `    ${suite}: ${line} (FAULT_SEED=${faultSeed} FAULT_RUNS=${faultRuns})\n`,
  );
}
