import { SizeObservation } from '@model-platform/plugin-model-platform-common';

const MIB = 2 ** 20;
/** Above the peak: another day brings another request. */
const MEMORY_HEADROOM = 1.3;
const MIN_SECONDS = 3_600;
const MIN_CALLS = 100;

/** Up to which size in which steps, so that a size is one that people would write. */
const memorySteps = [
  { upTo: 512, step: 32 },
  { upTo: 1_024, step: 64 },
  { upTo: 4_096, step: 256 },
  { upTo: Infinity, step: 1_024 },
];
const cpuSteps = [
  { upTo: 500, step: 50 },
  { upTo: 2_000, step: 100 },
  { upTo: Infinity, step: 500 },
];

/** A size as `resources` has it, or why there is none yet. */
export type SizeProposal =
  | { memory: string; cpu: string }
  | { missing: string };

/**
 * The size of one runner, from what runners of its kind took: 1.3 times the
 * highest memory, and the processor time that 95 of 100 spans with calls kept
 * to, both rounded up. Only after an hour and 100 calls: what is not called
 * says nothing of what it takes.
 */
export function proposeSize({
  seconds,
  calls,
  memoryPeakBytes,
  cpuP95Cores,
}: SizeObservation): SizeProposal {
  const wanting = [
    seconds < MIN_SECONDS && `${MIN_SECONDS / 3_600} h of observation`,
    calls < MIN_CALLS && `${MIN_CALLS} calls`,
  ].filter(Boolean);
  if (wanting.length > 0) {
    return { missing: `a size is proposed after ${wanting.join(' and ')}` };
  }
  if (memoryPeakBytes === undefined || cpuP95Cores === undefined) {
    return { missing: 'its runners do not say what they take' };
  }
  const memory = roundUp(
    (memoryPeakBytes * MEMORY_HEADROOM) / MIB,
    memorySteps,
  );
  const cpu = roundUp(cpuP95Cores * 1_000, cpuSteps);
  return {
    memory: memory % 1_024 === 0 ? `${memory / 1_024}Gi` : `${memory}Mi`,
    cpu: cpu % 1_000 === 0 ? String(cpu / 1_000) : `${cpu}m`,
  };
}

/** The least value that so many of 100 are not above. */
export function percentile(
  values: number[],
  percent: number,
): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)];
}

function roundUp(
  value: number,
  steps: Array<{ upTo: number; step: number }>,
): number {
  const { step } = steps.find(({ upTo }) => value <= upTo)!;
  return Math.max(Math.ceil(value / step), 1) * step;
}
