import { RunnerManifest } from './RunnerManifest';

/** Flavors whose engine is native code. */
const NATIVE = new Set(['onnx']);
/** Flavors whose engine is WebAssembly in threads. */
const THREADED = new Set(['minizinc', 'highs']);
/**
 * Code that V8 has compiled anew would be freed while other threads work, and
 * now and then it loses count of it and ends the process:
 * https://github.com/nodejs/node/issues/64500.
 */
const KEEP_WASM_CODE = '--no-wasm-code-gc';

/**
 * What Node is started with for a runner: under its permission model it reads
 * the folders named, writes to its scratch folder, and starts no processes;
 * threads and native code only where the flavor's engine needs them.
 */
export function nodeRunnerArguments(options: {
  flavor: RunnerManifest['flavor'];
  /** The runner's program. */
  program: string;
  /** Folders, or files, by their real paths. */
  readable: string[];
  scratch: string;
}): string[] {
  const { flavor, program, readable, scratch } = options;
  return [
    // Tensors are short-lived: a larger young generation keeps them out of the old one.
    '--max-semi-space-size=32',
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
    '--permission',
    ...(NATIVE.has(flavor) ? ['--allow-addons'] : []),
    ...(THREADED.has(flavor) ? ['--allow-worker', KEEP_WASM_CODE] : []),
    ...[...readable, scratch].map(path => `--allow-fs-read=${path}`),
    `--allow-fs-write=${scratch}`,
    program,
  ];
}
