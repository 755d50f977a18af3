import {
  checkModelFields,
  FieldProblem,
  FileRules,
  inferLoading,
  Loading,
  readYamlObject,
} from '@model-platform/plugin-model-platform-common';
import { FolderFile } from './FolderFile';

/** A model as its folder has it, before anything is hashed. */
export interface ModelFolder {
  name: string;
  fields: Record<string, unknown>;
  loading: Loading;
  /** Those that make up the version, in order. */
  files: FolderFile[];
  /** How many files of the folder are no part of it. */
  leftOut: number;
}

/** Larger than any that a person writes. */
const MAX_YAML_BYTES = 1024 * 1024;
export const MODEL_FILES = ['model.yaml', 'model.yml'];

/** What a folder is published as, or everything that speaks against it already. */
export async function readModelFolder(
  all: FolderFile[],
): Promise<ModelFolder | { problems: FieldProblem[] }> {
  const modelFile = all.find(({ path }) => MODEL_FILES.includes(path));
  if (!modelFile) {
    return refused('is not in the folder; it says what the model is');
  }
  if (modelFile.file.size > MAX_YAML_BYTES) {
    return refused('is larger than 1 MiB; is it really YAML?');
  }
  const yaml = readYamlObject(await modelFile.file.text());
  if (!yaml.content) {
    return {
      problems: yaml.problems.flatMap(
        problem => refused(`is not valid YAML: ${problem}`).problems,
      ),
    };
  }
  const fields = yaml.content;
  const modelIgnore = all.find(({ path }) => path === '.modelignore');
  const rules = new FileRules({
    fields,
    modelIgnore: await modelIgnore?.file.text(),
  });
  const selection = rules.select(
    all.map(({ path }) => path).filter(path => !isLeftOut(rules, path)),
    checkModelFields(fields),
  );
  const loading = inferLoading(fields, selection.paths);
  const problems = [
    ...selection.problems,
    ...('problem' in loading ? [loading.problem] : []),
  ];
  if (problems.length > 0 || 'problem' in loading) return { problems };
  const byPath = new Map(all.map(one => [one.path, one]));
  return {
    name: String(fields.name),
    fields,
    loading,
    files: selection.paths.flatMap(path => byPath.get(path) ?? []),
    leftOut: all.length - selection.paths.length,
  };
}

function refused(rule: string): { problems: FieldProblem[] } {
  return { problems: [{ field: 'model.yaml', rule, source: 'platform' }] };
}

/** By itself, or with a folder that it lies in. */
function isLeftOut(rules: FileRules, path: string): boolean {
  const segments = path.split('/');
  return segments.some((_, index) =>
    index === segments.length - 1
      ? rules.leavesOut(path)
      : rules.leavesOut(`${segments.slice(0, index + 1).join('/')}/`),
  );
}
