import fs from 'node:fs';
import path from 'node:path';
import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import ignore from 'ignore';
import { CliError } from '../errors/CliError';

/** Never part of a version: what version control, tools and systems leave behind, and what holds secrets. */
const neverPublished = [
  '.git',
  '.hg',
  '.svn',
  '.modelignore',
  '.model-platform',
  '.env',
  '.env.*',
  'node_modules',
  '__pycache__',
  '*.pyc',
  '.venv',
  'venv',
  '.ipynb_checkpoints',
  '.pytest_cache',
  '.mypy_cache',
  '.DS_Store',
];

/** A file of the model's folder, before it is hashed. */
export interface FoundFile {
  /** Relative to the folder, `/`-separated, in Unicode's composed form, as the same file has it on every system. */
  path: string;
  /** Where it is read from. */
  location: string;
}

/** @internal */
export interface CollectOptions {
  folder: string;
  /** `files:` of `model.yaml`; all files of the folder where absent. */
  patterns: unknown;
  /** Taken whether or not a pattern names it: the endpoint's code. */
  also: string[];
  /** Not taken where no pattern names it: the deployment's file, which is no part of the version. */
  butNot: string[];
}

/**
 * The files that make up the version, ordered by path.
 *
 * @throws CliError `Refused` where a pattern names nothing or leaves the
 *   folder, or where a file is a link out of it, or no file at all.
 */
export function collectFiles({
  folder,
  patterns,
  also,
  butNot,
}: CollectOptions): FoundFile[] {
  const problems: FieldProblem[] = [];
  const problem = (rule: string, given: unknown) =>
    problems.push({
      field: 'files',
      rule,
      given,
      example: ['model.onnx', 'data/*.csv'],
      source: 'platform',
    });

  const never = ignore().add(neverPublished);
  const modelIgnore = ignore();
  const ignoreFile = path.join(folder, '.modelignore');
  if (patterns === undefined) {
    modelIgnore.add(butNot.map(name => `/${escapePattern(name)}`));
    if (fs.existsSync(ignoreFile))
      modelIgnore.add(fs.readFileSync(ignoreFile, 'utf8'));
  }
  const all = walk(
    folder,
    relative => never.ignores(relative) || modelIgnore.ignores(relative),
    problem,
  );

  let taken = all;
  if (patterns !== undefined) {
    const wanted = readPatterns(patterns, problem);
    const matchers = wanted.map(text => ({
      text,
      matches: ignore().add(text.startsWith('/') ? text : `/${text}`),
    }));
    taken = all.filter(file =>
      matchers.some(({ matches }) => matches.ignores(file.path)),
    );
    for (const { text, matches } of matchers) {
      if (!all.some(file => matches.ignores(file.path)))
        problem('names no file in the folder', text);
    }
  }
  for (const name of also) {
    if (taken.some(file => file.path === name)) continue;
    const file = all.find(({ path: known }) => known === name);
    if (file) taken = [...taken, file];
  }
  if (!problems.length && !taken.length)
    problem('there is no file to publish', patterns);
  const byFolded = new Map<string, string>();
  for (const file of taken) {
    const folded = file.path.toLocaleLowerCase('en-US');
    const twin = byFolded.get(folded);
    if (twin !== undefined)
      problem(
        `differs from ${twin} only in case or Unicode form, which not every file system keeps apart`,
        file.path,
      );
    byFolded.set(folded, file.path);
  }
  if (problems.length) {
    throw new CliError(
      'Refused',
      'The files cannot be published. Nothing was published.',
      { problems },
    );
  }
  return [...taken].sort((left, right) => (left.path < right.path ? -1 : 1));
}

function readPatterns(
  patterns: unknown,
  problem: (rule: string, given: unknown) => void,
): string[] {
  if (
    !Array.isArray(patterns) ||
    !patterns.length ||
    patterns.some(item => typeof item !== 'string' || !item)
  ) {
    problem('must be a list of paths or patterns inside the folder', patterns);
    return [];
  }
  const inside = [];
  for (const text of patterns as string[]) {
    if (path.isAbsolute(text) || text.split(/[\\/]/).includes('..')) {
      problem('must stay inside the folder of model.yaml', text);
    } else if (text.startsWith('!')) {
      problem('cannot leave files out; use .modelignore for that', text);
    } else {
      inside.push(text.replace(/^\.\//, ''));
    }
  }
  return inside;
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

/** So that a name with a star in it means itself. */
function escapePattern(name: string): string {
  return name.replace(/[\\*?[\]!#]/g, '\\$&');
}
