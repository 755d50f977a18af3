import { Counter, Histogram, Registry } from 'prom-client';
import { Solution, SolveStatus } from './Solution';

/** Seconds; from a millisecond to ten minutes. */
const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  60, 120, 300, 600,
];
/** Shares: proven the best, then how far from it. */
const GAPS = [0, 0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const STATUSES: SolveStatus[] = [
  'optimal',
  'feasible',
  'infeasible',
  'unbounded',
  'infeasibleOrUnbounded',
  'unknown',
];

/** How solves ended, how long they took and how far from the best their solutions may be. */
export class SolveMetrics {
  private readonly solves: Counter<'status'>;
  private readonly seconds: Histogram;
  private readonly gap: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.solves = new Counter({
      name: 'model_runner_solves_total',
      help: 'Solves of an optimization model, by how they ended',
      labelNames: ['status'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'model_runner_solve_duration_seconds',
      help: 'What the solver took',
      buckets: SECONDS,
      registers,
    });
    this.gap = new Histogram({
      name: 'model_runner_solve_gap_ratio',
      help: 'How far from the best possible a solution may be at most, as a share',
      buckets: GAPS,
      registers,
    });
  }

  /** Of a solve, or of an answer that tells of one by the names that are common. */
  count({
    status,
    gap,
    solveTimeMs,
  }: Partial<Record<keyof Solution, unknown>>) {
    const known = STATUSES.find(one => one === status);
    if (status !== undefined) this.solves.inc({ status: known ?? 'other' });
    if (typeof solveTimeMs === 'number' && Number.isFinite(solveTimeMs))
      this.seconds.observe(solveTimeMs / 1000);
    if (typeof gap === 'number' && Number.isFinite(gap)) this.gap.observe(gap);
  }
}
