import { isMainThread } from 'node:worker_threads';

// Solvers run in threads of this same program, each with what it needs alone.
if (isMainThread) {
  void import('./runner').then(({ runRunner }) => runRunner(process.env));
} else {
  void import('./flavors/solving/runSolver').then(({ runSolver }) =>
    runSolver(),
  );
}
