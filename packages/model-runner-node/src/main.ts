import { isMainThread } from 'node:worker_threads';
import { runSolver } from './flavors/solving/runSolver';
import { runRunner } from './runner';

// Solvers run in threads of this same program.
if (isMainThread) void runRunner(process.env);
else void runSolver();
