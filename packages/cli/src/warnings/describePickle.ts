import { FoundFile } from '../model/collectFiles';
import { FileWarning } from './FileWarning';
import { openPickle } from './pickle/openPickle';
import { readPickleImports } from './pickle/readPickleImports';

const PICKLES = /\.(pkl|pickle|joblib)$/i;
const SHOWN = 8;

/** Modules that a model has no use for, and an attack has. */
const dangerous =
  /^(os|posix|nt|sys|subprocess|pty|shutil|socket|ssl|http|urllib|requests|importlib|runpy|ctypes|code|codeop|pickle|_pickle|commands|multiprocessing|asyncio|webbrowser|pip|pdb|timeit|\?)(\.|$)|^(builtins|__builtin__)\.(eval|exec|compile|open|getattr|setattr|__import__|execfile|input|breakpoint)$|^operator\.(attrgetter|methodcaller)$/;

/** Says of a pickle what loading it would import, without loading it. */
export async function describePickle(
  file: FoundFile,
): Promise<FileWarning | undefined> {
  if (!PICKLES.test(file.path)) return undefined;
  const { imports, problem } = await readPickleImports(
    await openPickle(file.location),
  );
  const grave = imports.filter(name => dangerous.test(name));
  const shown = [...grave, ...imports.filter(name => !grave.includes(name))];
  const names = `${shown.slice(0, SHOWN).join(', ')}${
    shown.length > SHOWN ? ` and ${shown.length - SHOWN} more` : ''
  }`;
  return {
    file: file.path,
    rule: 'pickle',
    message: [
      `${file.path} is a pickle: whoever loads it runs what it says.`,
      names && `It imports ${names}.`,
      grave.length > 0 &&
        `No model needs ${grave.join(
          ', ',
        )}: do not load it before you know why.`,
      problem && `It could not be followed to its end: ${problem}.`,
    ]
      .filter(Boolean)
      .join(' '),
    isGrave: grave.length > 0 || problem !== undefined,
  };
}
