import { Tag } from './http/readParameters';
import { invalidParameter } from './MlflowError';

const MAX_KEY = 250;
const MAX_VALUE = 100_000;

/** MLflow's rules for names of models. Throws `MlflowError`. */
export function checkModelName(name: string): void {
  if (/[/:]/.test(name)) {
    throw invalidParameter(
      `Invalid model name '${name}'. Names cannot contain '/' or ':'.`,
    );
  }
  checkPath('name', name);
}

/** MLflow's rules for tags, parameters and metrics. Throws `MlflowError`. */
export function checkTag({ key, value }: Tag): void {
  if (key === '') {
    throw invalidParameter(
      "Missing value for required parameter 'key'. See the API docs for more information about request parameters.",
    );
  }
  if (!/^[/\w.\- :]+$/u.test(key) && !/^[/\p{L}\p{N}_.\- :]+$/u.test(key)) {
    throw invalidParameter(
      `Invalid value "${key}" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  }
  checkPath('key', key);
  checkLength(MAX_KEY, { key });
  checkLength(MAX_VALUE, { value });
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
  if (!/^\d{1,9}$/.test(text)) {
    throw invalidParameter(
      `Parameter 'version' must be an integer, got '${text}'.`,
    );
  }
  return Number(text);
}

/** MLflow's rules for aliases. Throws `MlflowError`. */
export function checkAlias(alias: string, reserved: boolean): void {
  if (!/^[\w-]*$/.test(alias)) {
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

function checkPath(parameter: string, name: string): void {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const resolved = parts.join('/') || '.';
  if (resolved !== name || name.startsWith('..')) {
    throw invalidParameter(
      `Invalid value "${name}" for parameter '${parameter}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
    );
  }
}
