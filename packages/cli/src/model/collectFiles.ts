import fs from 'node:fs';
import path from 'node:path';
import {
  FieldProblem,
  fileProblem,
  FileRules,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { ModelFile } from './ModelFile';

/** A file of the model's folder, before it is hashed. */
export interface FoundFile {
  /** Relative to the folder, `/`-separated, in Unicode's composed form, as the same file has it on every system. */
  path: string;
  /** Where it is read from. */
  location: string;
}

/**
 * The files that make up the version, ordered by path.
 *
 * @throws CliError `Refused` where a pattern names nothing or leaves the
 *   folder, or where a file is a link out of it, or no file at all.
 */
export function collectFiles({ folder, fields }: ModelFile): FoundFile[] {
  const problems: FieldProblem[] = [];
  const ignoreFile = path.join(folder, '.modelignore');
  const rules = new FileRules({
    fields,
    modelIgnore: fs.existsSync(ignoreFile)
      ? fs.readFileSync(ignoreFile, 'utf8')
      : undefined,
  });
  const all = walk(
    folder,
    relative => rules.leavesOut(relative),
    (rule, given) => problems.push(fileProblem(rule, given)),
  );
  const selection = rules.select(
    all.map(file => file.path),
    problems,
  );
  if (selection.problems.length) {
    throw new CliError(
      'Refused',
      'The files cannot be published. Nothing was published.',
      { problems: selection.problems },
    );
  }
  const byPath = new Map(all.map(file => [file.path, file]));
  return selection.paths.flatMap(one => byPath.get(one) ?? []);
}

function walk(
  folder: string,
  leftOut: (relative: string) => boolean,
  problem: (rule: string, given: unknown) => void,
): FoundFile[] {
  const root = fs.realpathSync(folder);
  const found: FoundFile[] = [];
  const pending = [''];
  while (pending.length) {
    const directory = pending.pop()!;
    for (const entry of fs.readdirSync(path.join(root, directory), {
      withFileTypes: true,
    })) {
      const relative = directory ? `${directory}/${entry.name}` : entry.name;
      if (leftOut(entry.isDirectory() ? `${relative}/` : relative)) continue;
      if (entry.isDirectory()) {
        pending.push(relative);
      } else if (entry.isFile()) {
        found.push({
          path: relative.normalize('NFC'),
          location: path.join(root, relative),
        });
      } else if (entry.isSymbolicLink()) {
        const target = resolveLink(root, relative, problem);
        if (target)
          found.push({ path: relative.normalize('NFC'), location: target });
      } else {
        problem(
          'is neither a file nor a folder; leave it out in .modelignore',
          relative,
        );
      }
    }
  }
  return found;
}

function resolveLink(
  root: string,
  relative: string,
  problem: (rule: string, given: unknown) => void,
): string | undefined {
  let target: string;
  try {
    target = fs.realpathSync(path.join(root, relative));
  } catch {
    problem('is a link to something that is not there', relative);
    return undefined;
  }
  if (!target.startsWith(`${root}${path.sep}`)) {
    problem(
      `is a link out of the folder (to ${target}); copy the file, or leave it out in .modelignore`,
      relative,
    );
    return undefined;
  }
  if (!fs.statSync(target).isFile()) {
    problem(
      'is a link to a folder; name its files, or leave it out in .modelignore',
      relative,
    );
    return undefined;
  }
  return target;
}
