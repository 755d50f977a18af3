/** Modules that run programs, open files and connections, or load further code. */
const MODULES = new Set(
  [
    'os posix nt sys subprocess pty shutil socket ssl http urllib requests',
    'importlib imp runpy ctypes code codeop pickle _pickle commands',
    'multiprocessing asyncio webbrowser pip pdb bdb timeit tempfile platform',
    'marshal smtplib ftplib telnetlib distutils setuptools',
    // Python 3 maps these to its own in pickles of Python 2.
    'cPickle httplib urllib2 xmlrpclib SocketServer',
  ]
    .join(' ')
    .split(' '),
);

/** Of these a part of what is reached through other modules, too: `sklearn.utils.os.system`. */
const REACHED = new Set(
  'os posix nt sys subprocess pty shutil socket importlib runpy ctypes builtins __builtins__ __globals__ __loader__ __subclasses__'.split(
    ' ',
  ),
);

const NAMES =
  /^(builtins|__builtin__)\.(eval|exec|compile|open|getattr|setattr|delattr|globals|locals|vars|__import__|execfile|input|breakpoint|file|apply|reload|reduce|raw_input)$|^_?operator\.(attrgetter|methodcaller)$|^functools\.reduce$|^_?io\.(open|open_code|FileIO)$/;

/** What loads, runs or writes by the name alone, in libraries that models need otherwise. */
const IN_LIBRARIES =
  /^numpy\.(load|loadtxt|genfromtxt|fromfile|memmap|save|savez|savetxt)$|^numpy\.(testing|f2py|distutils)\.|^numpy\.lib\.(npyio|_npyio_impl|_datasource)\.|^pandas\.(read_\w+|eval|io\..*)$|^pandas\.core\.computation\.|^joblib\.(load|dump|parallel|memory)\b|^joblib\.numpy_pickle\.(load|dump)$|^scipy\.io\.|^sklearn\.datasets\.|^torch\.(load|jit\.load|hub\.\w+|serialization\.load|utils\.cpp_extension\.\w+)$/;

/**
 * Whether no model needs to import such a thing, and an attack does.
 *
 * @param name - `module.name`; `?` where it is made while the pickle is loaded
 * @public
 */
export function isDangerousImport(name: string): boolean {
  const [top, ...below] = name.split('.');
  return (
    name.includes('?') ||
    MODULES.has(top) ||
    below.some(part => REACHED.has(part)) ||
    NAMES.test(name) ||
    IN_LIBRARIES.test(name)
  );
}
