import { openFile, readFile } from '@model-platform/model-file-reader';
import {
  FileReading,
  isDangerousImport,
  mayHoldPickle,
} from '@model-platform/plugin-model-platform-common';
import { FoundFile } from '../model/collectFiles';
import { isReadError } from '../model/isReadError';
import { FileWarning } from './FileWarning';

const SHOWN = 8;

/** What loading a file would import, as the platform is told it. */
export type Pickle = Pick<FileReading, 'path' | 'imports' | 'problem'>;

/** Looks into a file that may hold pickles, without loading it; undefined where it holds none or can't be read. */
export async function readPickle(file: FoundFile): Promise<Pickle | undefined> {
  const kind = mayHoldPickle(file.path);
  if (!kind) return undefined;
  let opened: Awaited<ReturnType<typeof openFile>> | undefined;
  try {
    opened = await openFile(file.location);
    const { imports, problem } = await readFile(
      kind === 'pickle' ? kind : 'maybePickle',
      opened,
    );
    return imports ? { path: file.path, imports, problem } : undefined;
  } catch (error) {
    if (isReadError(error)) return undefined;
    throw error;
  } finally {
    await opened?.close();
  }
}

/** Says of a pickle what loading it would import. */
export function describePickle({
  path,
  imports = [],
  problem,
}: Pickle): FileWarning {
  const grave = imports.filter(isDangerousImport);
  const shown = [...grave, ...imports.filter(name => !grave.includes(name))];
  const names = `${shown.slice(0, SHOWN).join(', ')}${
    shown.length > SHOWN ? ` and ${shown.length - SHOWN} more` : ''
  }`;
  return {
    file: path,
    rule: 'pickle',
    message: [
      `${path} is a pickle: whoever loads it runs what it says.`,
      names && `It imports ${names}.`,
      grave.length > 0 &&
        `No model needs ${grave.join(
          ', ',
        )}: do not load it before you know why.`,
      problem && `It could not be followed to its end: ${problem}.`,
      'skops and ONNX files run nothing when they are loaded.',
    ]
      .filter(Boolean)
      .join(' '),
    isGrave: grave.length > 0 || problem !== undefined,
  };
}
