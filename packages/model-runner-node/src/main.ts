import { isMainThread } from 'node:worker_threads';

// A full disk, or nobody who reads, costs lines of the log and nothing else.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', () => {});

// Solvers run in threads of this same program, each with what it needs alone.
if (isMainThread) {
  void import('./runner').then(({ runRunner }) => runRunner(process.env));
} else {
  void import('./flavors/solving/runSolver').then(({ runSolver }) =>
    runSolver(),
  );
}
