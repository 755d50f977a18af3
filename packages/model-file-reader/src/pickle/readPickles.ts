import { mayHoldPickle } from '@model-platform/plugin-model-platform-common';
import { ByteSource } from '../ByteSource';
import { findInZip } from '../zipFiles';
import { ByteStream } from './ByteStream';
import { PickleImports } from './PickleImports';
import { PickleFindings, readPickleImports } from './readPickleImports';
import { SkippableFile } from './SkippableFile';
import { atMost, unpackerOf } from './unpackerOf';

const ARCHIVES = /\.(zip|npz|pt|pth)$/i;
const HEAD_BYTES = 16;
const MAX_ARRAY_HEADER_BYTES = 64 * 1024;
/** PyTorch before 1.6: these pickles, and behind them the numbers. */
const LEGACY_TORCH = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
const LEGACY_TORCH_PICKLES = 5;

/**
 * What the pickles in a file would import, without loading any: a pickle, plain
 * or packed as joblib does it; those in a zip, as PyTorch and NumPy write them;
 * an array of Python objects. Answers nothing of a file that holds none.
 */
export async function readPickles(file: ByteSource): Promise<PickleImports> {
  const head = Buffer.from(await file.read(0, HEAD_BYTES));
  if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04')))
    return await readZipped(file);
  if (isArray(head))
    return await readArray(new ByteStream(new SkippableFile(file)));
  const { imports, problem } = await readOpcodes(file, head);
  return { imports, problem };
}

/**
 * The same of a file whose name may mean anything. It is taken for none where
 * Python would have given up before it had called anything.
 */
export async function readPicklesIfAny(
  file: ByteSource,
): Promise<PickleImports> {
  const head = Buffer.from(await file.read(0, HEAD_BYTES));
  const isOne =
    isPickle(head) ||
    isArray(head) ||
    head.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));
  if (isOne) return await readPickles(file);
  const { imports, problem, calls, fails } = await readOpcodes(file, head);
  const isNone = imports.length === 0 ? fails || !problem : fails && !calls;
  return isNone ? {} : { imports, problem };
}

/** Plain, or packed. */
async function readOpcodes(
  file: ByteSource,
  head: Buffer,
): Promise<PickleFindings> {
  const unpacker = unpackerOf(head);
  if (unpacker) {
    if ('problem' in unpacker)
      return { imports: [], calls: false, ...unpacker };
    return await readPickleImports(new ByteStream(unpacker.unpack(file)));
  }
  return await readPickleImports(
    new ByteStream(new SkippableFile(file)),
    head.subarray(0, LEGACY_TORCH.length).equals(LEGACY_TORCH)
      ? LEGACY_TORCH_PICKLES
      : undefined,
  );
}

async function readZipped(file: ByteSource): Promise<PickleImports> {
  const imports = new Set<string>();
  let hasPickle = false;
  try {
    const problem = await findInZip(file, async entry => {
      const { path } = entry;
      if (ARCHIVES.test(path))
        return `it holds ${path}, an archive in an archive, which is not looked into`;
      const isOfNumpy = /\.npy$/i.test(path);
      if (!isOfNumpy && mayHoldPickle(path) !== 'pickle') return undefined;
      const unzipped = await entry.open();
      const stream = new ByteStream(atMost(unzipped));
      const found = isOfNumpy
        ? await readArray(stream)
        : await readObjects(stream);
      unzipped.destroy();
      if (!found.imports) return undefined;
      hasPickle = true;
      for (const name of found.imports) imports.add(name);
      return found.problem && `${path} in it: ${found.problem}`;
    });
    return hasPickle || problem
      ? { imports: [...imports].sort(), problem }
      : {};
  } catch (error) {
    return {
      imports: [...imports].sort(),
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
async function readArray(stream: ByteStream): Promise<PickleImports> {
  const head = await stream.bytes(8);
  if (!isArray(head)) return { imports: [], problem: 'it is no array' };
  const length = await stream.uint(head[6] === 1 ? 2 : 4);
  if (length > MAX_ARRAY_HEADER_BYTES)
    return { imports: [], problem: 'its description is too long' };
  const header = (await stream.bytes(length)).toString('latin1');
  // Only of objects: what follows is a pickle.
  return /['"][<>=|]?O\d*['"]/.test(header) ? await readObjects(stream) : {};
}

async function readObjects(stream: ByteStream): Promise<PickleImports> {
  const { imports, problem } = await readPickleImports(stream);
  return { imports, problem };
}

function isArray(head: Buffer): boolean {
  return head.subarray(0, 6).equals(Buffer.from('\x93NUMPY', 'latin1'));
}

function isPickle(head: Buffer): boolean {
  return head[0] === 0x80 && head[1] >= 2 && head[1] <= 5;
}
