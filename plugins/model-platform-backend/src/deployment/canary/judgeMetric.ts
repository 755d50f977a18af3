import {
  AnalysisMetric,
  AnalysisResult,
} from '@model-platform/plugin-model-platform-common';
import { RevisionFigure } from './CanaryFigures';

/** Calls below which a revision has shown nothing, where nobody says. */
export const DEFAULT_MIN_CALLS = 50;

const NOTHING: RevisionFigure = { calls: 0 };

/** Whether a revision keeps to what one metric of the analysis asks of it. */
export function judgeMetric(
  metric: AnalysisMetric,
  figures: { canary?: RevisionFigure; stable?: RevisionFigure },
  minCalls: number = DEFAULT_MIN_CALLS,
): AnalysisResult {
  const { canary = NOTHING, stable = NOTHING } = figures;
  const name = nameOf(metric);
  const result = {
    metric: name,
    value: canary.value,
    stableValue: metric.againstStable && stable.value,
    calls: canary.calls,
    stableCalls: stable.calls,
  };
  const missing = whatIsMissing(metric, canary, stable, minCalls);
  if (canary.value === undefined || canary.calls < minCalls) {
    return { ...result, verdict: 'waiting', message: `${name}: ${missing}` };
  }
  const said = `${name} ${inWords(metric, canary.value)} of ${
    canary.calls
  } calls`;
  const broken = absoluteFaults(metric, canary.value);
  if (!missing && stable.value !== undefined) {
    broken.push(...relativeFaults(metric, canary.value, stable.value));
  }
  if (broken.length > 0) {
    return {
      ...result,
      verdict: 'failed',
      message: `${said}, ${broken.join(', ')}`,
    };
  }
  return missing
    ? { ...result, verdict: 'waiting', message: `${said}; ${missing}` }
    : { ...result, verdict: 'passed', message: said };
}

function whatIsMissing(
  metric: AnalysisMetric,
  canary: RevisionFigure,
  stable: RevisionFigure,
  minCalls: number,
): string | undefined {
  const short = (whose: string, { calls, value }: RevisionFigure) => {
    if (calls < minCalls) {
      return `${calls} calls of the ${minCalls} needed of the ${whose} revision`;
    }
    return value === undefined
      ? `the ${whose} revision has not counted it yet`
      : undefined;
  };
  return (
    short('new', canary) ??
    (metric.againstStable ? short('stable', stable) : undefined)
  );
}

function absoluteFaults(metric: AnalysisMetric, value: number): string[] {
  const { max, min } = metric;
  return [
    ...(max !== undefined && value > max
      ? [`bound ${inWords(metric, max)}`]
      : []),
    ...(min !== undefined && value < min
      ? [`bound at least ${inWords(metric, min)}`]
      : []),
  ];
}

function relativeFaults(
  metric: AnalysisMetric,
  value: number,
  stable: number,
): string[] {
  const { maxDifference, minDifference, maxRatio, minRatio } =
    metric.againstStable ?? {};
  const beside = `the stable revision has ${inWords(metric, stable)}`;
  const faults: string[] = [];
  if (maxDifference !== undefined && value - stable > maxDifference) {
    faults.push(`${beside}, bound ${inWords(metric, maxDifference)} more`);
  }
  if (minDifference !== undefined && stable - value > minDifference) {
    faults.push(`${beside}, bound ${inWords(metric, minDifference)} less`);
  }
  if (maxRatio !== undefined && value > stable * maxRatio) {
    faults.push(`${beside}, bound ${maxRatio} times that`);
  }
  if (minRatio !== undefined && value < stable * minRatio) {
    faults.push(`${beside}, bound at least ${minRatio} times that`);
  }
  return faults;
}

function nameOf({ metric, quantile = 0.95 }: AnalysisMetric): string {
  if (metric === 'error_ratio') return 'error ratio';
  return metric === 'latency' ? `latency p${rounded(quantile * 100)}` : metric;
}

function inWords({ metric }: AnalysisMetric, value: number): string {
  if (metric === 'error_ratio') return `${rounded(value * 100)} %`;
  return metric === 'latency'
    ? `${rounded(value * 1000)} ms`
    : String(Number(value.toPrecision(3)));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
