import {
  ResolvedVariant,
  Resources,
  SizeObservation,
  VariantSize,
} from '@model-platform/plugin-model-platform-common';
import {
  MetricSeries,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import {
  PROCESS_CPU_METRIC,
  PROCESS_MEMORY_METRIC,
  RUNNER_REQUESTS_METRIC,
} from '../selectSamples';
import { percentile, proposeSize } from './proposeSize';

/** How far back runners are looked at. */
const WINDOW_DAYS = 7;
/** Kept for longer than the window, and long enough to be no moment's chance. */
const SPAN_SECONDS = 300;
const BY = ['variant', 'version'];
const UNSEEN = {
  missing:
    "what a container of one's own takes is not seen by the platform, but by the cluster",
};

/** What runners of a deployment took in the last days, and the size that follows from it. */
export class ObservedSizes {
  constructor(
    private readonly store: MetricsStore,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @param variants - with what is asked for each, and how many runners it has */
  async of(
    endpoint: string,
    variants: Array<
      Pick<ResolvedVariant, 'name' | 'version'> & {
        asked: Resources;
        runners: number;
        /** To a container of its own: runners say what they take themselves, not what the model does. */
        isForwarded?: boolean;
      }
    >,
  ): Promise<VariantSize[]> {
    const end = this.now();
    const start = new Date(end.getTime() - WINDOW_DAYS * 86_400_000);
    const query = async (
      metric: string,
      aggregation: 'max' | 'increase',
    ): Promise<MetricSeries[]> =>
      await this.store.range({
        ...{ metric, aggregation, start, end, by: BY },
        labels: { endpoint },
        stepSeconds: SPAN_SECONDS,
      });
    const [memory, cpu, calls] = await Promise.all([
      query(PROCESS_MEMORY_METRIC, 'max'),
      query(PROCESS_CPU_METRIC, 'increase'),
      query(RUNNER_REQUESTS_METRIC, 'increase'),
    ]);
    return variants.map(({ name, version, asked, runners, isForwarded }) => {
      const pointsOf = (series: MetricSeries[]) =>
        new Map(
          series.find(
            ({ labels }) =>
              labels.variant === name && labels.version === String(version),
          )?.points,
        );
      const all = observationOf({
        memory: pointsOf(memory),
        cpu: pointsOf(cpu),
        calls: pointsOf(calls),
        runners,
      });
      const observed = isForwarded
        ? { seconds: all.seconds, calls: all.calls }
        : all;
      const { cpu: askedCpu, memory: askedMemory } = asked;
      const proposal = isForwarded ? UNSEEN : proposeSize(observed);
      return {
        variant: name,
        version,
        asked: { cpu: askedCpu, memory: askedMemory },
        observed,
        ...('missing' in proposal ? proposal : { proposed: proposal }),
      };
    });
  }
}

/** By the start of each span; runners of a variant share what is counted. */
function observationOf(of: {
  memory: Map<number, number>;
  cpu: Map<number, number>;
  calls: Map<number, number>;
  runners: number;
}): SizeObservation {
  const spans = [...of.memory.values()];
  const busyCores: number[] = [];
  let calls = 0;
  for (const [start, count] of of.calls) {
    calls += count;
    if (count > 0) {
      const cores = (of.cpu.get(start) ?? 0) / SPAN_SECONDS;
      busyCores.push(cores / Math.max(of.runners, 1));
    }
  }
  return {
    seconds: spans.length * SPAN_SECONDS,
    calls: Math.round(calls),
    memoryPeakBytes: spans.length > 0 ? Math.max(...spans) : undefined,
    cpuP95Cores: percentile(busyCores, 95),
  };
}
