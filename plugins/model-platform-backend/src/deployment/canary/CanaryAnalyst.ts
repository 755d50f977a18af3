import {
  AnalysisResult,
  CanaryStatus,
  DeploymentSpec,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { CanaryFigures } from './CanaryFigures';
import { judgeMetric } from './judgeMetric';

/** Reads what a canary has shown at its step, and judges it. */
export class CanaryAnalyst {
  constructor(private readonly figures: CanaryFigures) {}

  async judge(
    {
      name,
      system,
      environment,
    }: Pick<DeploymentRecord, 'name' | 'system' | 'environment'>,
    canary: CanaryStatus,
    strategy: DeploymentSpec['strategy'],
    now: Date,
  ): Promise<{ analysis: AnalysisResult[]; countedUntil?: Date }> {
    const { metrics = [], minCalls } = strategy?.analysis ?? {};
    if (metrics.length === 0 || canary.since === undefined) {
      return { analysis: [] };
    }
    // First until when, then what: figures that come in between are no harm.
    const countedUntil = await this.figures.completeUntil({
      endpoint: name,
      system,
      environment,
    });
    const analysis: AnalysisResult[] = [];
    for (const metric of metrics) {
      const figures = await this.figures.read({
        endpoint: name,
        environment,
        revisions: [canary.revision, canary.stableRevision],
        metric,
        start: new Date(canary.since),
        end: now,
      });
      analysis.push(
        judgeMetric(
          metric,
          {
            canary: figures.get(canary.revision),
            stable: figures.get(canary.stableRevision),
          },
          minCalls,
        ),
      );
    }
    return { analysis, countedUntil };
  }
}
