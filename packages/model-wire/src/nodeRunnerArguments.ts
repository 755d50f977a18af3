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
  /** All that it may use; as much as there is where absent. */
  memoryBytes?: number;
}): string[] {
  const { flavor, program, readable, scratch, memoryBytes } = options;
  return [
    ...heapArguments(memoryBytes),
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

/** V8 is told of the memory that it has, so that it collects what is not used before that runs out. */
function heapArguments(memoryBytes: number | undefined): string[] {
  if (memoryBytes === undefined) {
    return [youngGeneration(16)];
  }
  const megabytes = memoryBytes / 1024 / 1024;
  return [
    youngGeneration(megabytes / 32),
    // The rest is for code, and for what engines keep outside of the heap.
    `--max-old-space-size=${Math.max(16, Math.floor(megabytes * 0.6))}`,
  ];
}

/**
 * Tensors are short-lived: a young generation that holds those of some calls
 * keeps them out of the old one. It fills up to three times this before it is
 * collected, which a small model has to pay for with its memory.
 */
function youngGeneration(megabytes: number): string {
  return `--max-semi-space-size=${Math.min(
    32,
    Math.max(1, Math.floor(megabytes)),
  )}`;
}
