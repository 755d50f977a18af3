import { parentPort, workerData } from 'node:worker_threads';
import { SolverEngine } from './SolverEngine';
import { ThreadMessage } from './SolverThread';

const engines: Record<string, () => Promise<SolverEngine>> = {
  highs: async () => await (await import('../highs/highsEngine')).highsEngine(),
  minizinc: async () =>
    await (await import('../minizinc/minizincEngine')).minizincEngine(),
};

/** The program of a solver's thread. */
export async function runSolver(): Promise<void> {
  const say = (message: ThreadMessage) => parentPort?.postMessage(message);
  const failed = (error: unknown) =>
    say({
      type: 'failed',
      message: error instanceof Error ? error.message : String(error),
    });
  try {
    const engine = await engines[workerData.engine]();
    parentPort?.on('message', job => {
      engine(job, value => say({ type: 'progress', value })).then(
        value => say({ type: 'done', value }),
        failed,
      );
    });
    say({ type: 'ready' });
  } catch (error) {
    failed(error);
  }
}
