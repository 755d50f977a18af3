import { posix } from 'node:path';
import { Tag } from './http/readParameters';
import { invalidParameter } from './MlflowError';

const MAX_KEY = 250;
/** Of tags in the registry. */
const MAX_VALUE = 100_000;

/** MLflow's rules for names of models. Throws `MlflowError`. */
export function checkModelName(name: string, parameter = 'name'): void {
  if (name.trim() === '') {
    throw invalidParameter(
      `Missing value for required parameter '${parameter}'.`,
    );
  }
  if (/[/:]/.test(name)) {
    throw invalidParameter(
      `Invalid model name '${name}'. Names cannot contain '/' or ':'.`,
    );
  }
  checkPath('name', name);
}

/** MLflow's rules for names of tags, parameters and metrics; `path` says where it stands. Throws `MlflowError`. */
export function checkKey(key: string, path = 'key'): void {
  if (!/^[/\p{L}\p{M}\p{N}_.\- :]*$/u.test(key)) {
    throw invalidParameter(
      `Invalid value ${JSON.stringify(
        key,
      )} for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  }
  checkPath(path, key);
}

/** MLflow's rules for tags. Throws `MlflowError`. */
export function checkTag(
  { key, value }: Tag,
  mostCharacters = MAX_VALUE,
): void {
  checkKey(key);
  checkLength(MAX_KEY, { key });
  checkLength(mostCharacters, { value });
}

/** Texts that are kept are bounded. Throws `MlflowError`. */
export function checkLength(
  most: number,
  texts: Record<string, string | undefined>,
): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined && text.length > most) {
      throw invalidParameter(
        `'${name}' exceeds the maximum length of ${most} characters`,
      );
    }
  }
}

/** Throws `MlflowError` where it is none. */
export function versionNumber(text: string): number {
  if (!/^\s*[+-]?\d{1,9}\s*$/.test(text)) {
    throw invalidParameter(
      `Parameter 'version' must be an integer, got '${text}'.`,
    );
  }
  return Number(text);
}

/** MLflow's rules for aliases. Throws `MlflowError`. */
export function checkAlias(alias: string, reserved: boolean): void {
  if (!/^[\p{L}\p{M}\p{N}_-]*$/u.test(alias)) {
    throw invalidParameter(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  checkLength(255, { 'Registered model alias name': alias });
  if (reserved && alias.toLocaleLowerCase('en-US') === 'latest') {
    throw invalidParameter(
      "'latest' alias name (case insensitive) is reserved.",
    );
  }
  if (reserved && /^[vV]\d+$/.test(alias)) {
    throw invalidParameter(`Version alias name '${alias}' is reserved.`);
  }
}

/** Names may become paths of files: one that means another path is none. */
function checkPath(parameter: string, name: string): void {
  const resolved = posix.normalize(name).replace(/(?<=.)\/$/, '');
  if (
    resolved !== name ||
    resolved === '.' ||
    resolved.startsWith('..') ||
    resolved.startsWith('/')
  ) {
    throw invalidParameter(
      `Invalid value ${JSON.stringify(
        name,
      )} for parameter '${parameter}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
    );
  }
}
