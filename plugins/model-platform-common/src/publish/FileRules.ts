import ignore, { Ignore } from 'ignore';
import { FieldProblem } from '../types';
import { fileProblem } from './fileProblem';

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

/** @public */
export interface FileRulesOptions {
  /** What `model.yaml` says. */
  fields: Record<string, unknown>;
  /** Content of `.modelignore`, where there is one. */
  modelIgnore?: string;
}

/** @public */
export interface FileSelection {
  /** In order. */
  paths: string[];
  problems: FieldProblem[];
}

/**
 * Which files of a folder make up the version, by `files:` of `model.yaml`,
 * else by `.modelignore`. Paths are relative to the folder and `/`-separated. @public
 */
export class FileRules {
  private readonly never = ignore().add(neverPublished);
  private readonly modelIgnore = ignore();
  private readonly patterns: unknown;
  /** Taken whether or not a pattern names it: the endpoint's code. */
  private readonly endpoint: string | undefined;

  constructor({ fields, modelIgnore }: FileRulesOptions) {
    const { files, endpoint, deployment } = fields;
    this.patterns = files;
    this.endpoint =
      typeof endpoint === 'string'
        ? endpoint.replace(/^(\.\/+)+/, '')
        : undefined;
    if (files === undefined) {
      // The deployment's file is no part of the version where no pattern names it.
      this.modelIgnore.add(
        `/${escapePattern(
          typeof deployment === 'string' ? deployment : 'model-deployment.yaml',
        )}`,
      );
      if (modelIgnore) this.modelIgnore.add(modelIgnore);
    }
  }

  /** A folder's path ends with a `/`. */
  leavesOut(path: string): boolean {
    return this.never.ignores(path) || this.modelIgnore.ignores(path);
  }

  /** Of all files that are not left out; with the problems that are known already. */
  select(all: string[], known: FieldProblem[] = []): FileSelection {
    const problems = [...known];
    let taken = all;
    if (this.patterns !== undefined) {
      const matchers = readPatterns(this.patterns, problems);
      taken = all.filter(path =>
        matchers.some(({ matches }) => matches.ignores(path)),
      );
      for (const { text, matches } of matchers) {
        if (!all.some(path => matches.ignores(path)))
          problems.push(fileProblem('names no file in the folder', text));
      }
    }
    const { endpoint } = this;
    if (endpoint && all.includes(endpoint) && !taken.includes(endpoint))
      taken = [...taken, endpoint];
    if (!problems.length && !taken.length)
      problems.push(fileProblem('there is no file to publish', this.patterns));
    const byFolded = new Map<string, string>();
    for (const path of taken) {
      const folded = path.toLocaleLowerCase('en-US');
      const twin = byFolded.get(folded);
      if (twin !== undefined)
        problems.push(
          fileProblem(
            `differs from ${twin} only in case or Unicode form, which not every file system keeps apart`,
            path,
          ),
        );
      byFolded.set(folded, path);
    }
    return {
      paths: [...taken].sort((left, right) => (left < right ? -1 : 1)),
      problems,
    };
  }
}

function readPatterns(
  patterns: unknown,
  problems: FieldProblem[],
): Array<{ text: string; matches: Ignore }> {
  if (
    !Array.isArray(patterns) ||
    !patterns.length ||
    patterns.some(item => typeof item !== 'string' || !item)
  ) {
    problems.push(
      fileProblem(
        'must be a list of paths or patterns inside the folder',
        patterns,
      ),
    );
    return [];
  }
  const inside = [];
  for (const given of patterns as string[]) {
    if (isAbsolute(given) || given.split(/[\\/]/).includes('..')) {
      problems.push(
        fileProblem('must stay inside the folder of model.yaml', given),
      );
    } else if (given.startsWith('!')) {
      problems.push(
        fileProblem('cannot leave files out; use .modelignore for that', given),
      );
    } else {
      inside.push(given.replace(/^\.\//, ''));
    }
  }
  return inside.map(text => ({ text, matches: ignore().add(`/${text}`) }));
}

/** On any system, since the same folder is published from several. */
function isAbsolute(path: string): boolean {
  return /^([\\/]|[a-z]:[\\/])/i.test(path);
}

/** So that a name with a star in it means itself. */
function escapePattern(name: string): string {
  return name.replace(/[\\*?[\]!#]/g, '\\$&');
}
