import { RunnerManifest } from '@model-platform/model-wire';
import { FlavorContext, LoadedModel, Row } from '../Flavor';
import { signatureTensors } from '../signatureTensors';
import { Solution, toRow } from './Solution';
import { SolveMetrics } from './SolveMetrics';
import { SolverPool } from './SolverPool';
import { timeLimits } from './timeLimits';

/** A model that a solver of the pool answers, one solve a row. */
export function solvedModel(
  manifest: RunnerManifest,
  { registry }: Pick<FlavorContext, 'registry'>,
  pool: SolverPool,
  platform: string,
  solve: (row: Row, limitMs: number) => Promise<Solution>,
): LoadedModel {
  const { signature } = manifest;
  const limits = timeLimits(manifest);
  const metrics = new SolveMetrics(registry);
  return {
    platform,
    ...signatureTensors(signature, async rows => {
      const todo = rows.map(row => ({ row, limitMs: limits.of(row) }));
      const answers: Row[] = [];
      for (const { row, limitMs } of todo) {
        const solution = await solve(row, limitMs);
        metrics.count(solution);
        answers.push(toRow(signature.outputs, solution));
      }
      return answers;
    }),
    async warmUp([row]) {
      await solve(row, limits.warmUp);
    },
    async close() {
      pool.close();
    },
  };
}
