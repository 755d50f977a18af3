import { VariantSize } from '../types';

const MIB = 2 ** 20;

/**
 * A variant's size in words, the same wherever it is read: what is asked for,
 * what was seen, what is proposed. @public
 */
export function describeSize({
  asked,
  observed,
  proposed,
  missing,
}: VariantSize): { asked: string; observed: string; proposed: string } {
  const { seconds, calls, memoryPeakBytes, cpuP95Cores } = observed;
  const taken = [
    memoryPeakBytes !== undefined &&
      `at most ${Math.round(memoryPeakBytes / MIB)} MiB`,
    cpuP95Cores !== undefined && `${cpuP95Cores.toFixed(2)} CPU (p95)`,
  ].filter(Boolean);
  return {
    asked: sizeText(asked) || 'nothing',
    observed: `${
      taken.join(', ') || 'nothing yet'
    }; observed for ${durationText(seconds)}, ${calls.toLocaleString(
      'en-US',
    )} calls`,
    proposed: proposed ? sizeText(proposed) : `none yet: ${missing}`,
  };
}

function sizeText({ cpu, memory }: { cpu?: string; memory?: string }): string {
  return [cpu && `CPU ${cpu}`, memory && `memory ${memory}`]
    .filter(Boolean)
    .join(', ');
}

function durationText(seconds: number): string {
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return seconds < 2 * 86_400
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} days`;
}
