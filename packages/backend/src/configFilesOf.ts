import path from 'node:path';

/** The files that `--config` names in a command line; addresses are left out. */
export function configFilesOf(argv: string[]): string[] {
  return argv.flatMap((argument, index) => {
    const given = argument.startsWith('--config=')
      ? argument.slice('--config='.length)
      : argv[index - 1] === '--config' && argument;
    return given && !/^https?:/.test(given) ? [path.resolve(given)] : [];
  });
}
