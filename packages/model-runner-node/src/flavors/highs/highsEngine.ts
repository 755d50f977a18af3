import loadHighs from 'highs';
import { SolverEngine } from '../solving/SolverEngine';
import { Solution, SolveStatus } from '../solving/Solution';

export interface HighsJob {
  format: 'lp' | 'mps';
  text: string;
  /** Milliseconds. Without it the model is only read, not solved. */
  limitMs?: number;
}

/** `unread`: why HiGHS takes the text for no model. */
export type HighsAnswer = { columns: string[] } | { unread: string } | Solution;

/** HiGHS in WebAssembly: its solves block the thread that they are in. */
export async function highsEngine(): Promise<SolverEngine> {
  const highs = await loadHighs();
  const { modelStatus, solutionStatus } = highs.constants;
  const statuses = new Map<number, SolveStatus>([
    [modelStatus.optimal, 'optimal'],
    [modelStatus.infeasible, 'infeasible'],
    [modelStatus.unbounded, 'unbounded'],
    [modelStatus.unboundedOrInfeasible, 'infeasibleOrUnbounded'],
  ]);
  const limited = new Set<number>([
    modelStatus.timeLimit,
    modelStatus.iterationLimit,
    modelStatus.solutionLimit,
    modelStatus.interrupted,
  ]);
  const statusOf = (code: number, isFeasible: boolean): SolveStatus => {
    const status = statuses.get(code);
    if (status) return status;
    if (!limited.has(code))
      throw new Error(`HiGHS ended with its status ${code}`);
    return isFeasible ? 'feasible' : 'unknown';
  };
  const answer = ({ format, text, limitMs }: HighsJob) =>
    highs.withModel(
      format === 'lp'
        ? { format, data: text }
        : { format, data: Buffer.from(text) },
      (model): HighsAnswer => {
        const count = model.getDimensions().numCols;
        if (count === 0) throw new Error('it has no variables');
        const columns = Array.from({ length: count }, (_, index) =>
          model.getColName(index),
        );
        if (limitMs === undefined) return { columns };
        model.options.set({
          output_flag: false,
          time_limit: limitMs / 1000,
        });
        const begin = performance.now();
        model.run();
        const solveTimeMs = performance.now() - begin;
        const status = statusOf(
          model.getModelStatus(),
          model.info.get('primal_solution_status') === solutionStatus.feasible,
        );
        if (status !== 'optimal' && status !== 'feasible')
          return { status, solveTimeMs };
        const { colValue } = model.getSolution();
        return {
          status,
          objective: model.getObjectiveValue(),
          gap: gapOf(status, Number(model.info.get('mip_gap'))),
          values: Object.fromEntries(
            columns.map((name, index) => [name, colValue[index]]),
          ),
          solveTimeMs,
        };
      },
    );
  return async job => {
    try {
      return answer(job as HighsJob);
    } catch (error) {
      if (
        error instanceof highs.errors.HighsError &&
        error.operation === 'readModel'
      )
        return { unread: error.message };
      throw error;
    }
  };
}

/** HiGHS has no gap of models without whole numbers. */
function gapOf(status: SolveStatus, gap: number): number | undefined {
  if (Number.isFinite(gap)) return gap;
  return status === 'optimal' ? 0 : undefined;
}
