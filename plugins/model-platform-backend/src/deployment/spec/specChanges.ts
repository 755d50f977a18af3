import {
  DeploymentSpec,
  SpecChange,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';

/** Field by field, what differs between two specs. */
export function specChanges(
  before: DeploymentSpec | undefined,
  after: DeploymentSpec,
): SpecChange[] {
  return differences('spec', before ?? {}, after);
}

function differences(field: string, from: unknown, to: unknown): SpecChange[] {
  if (isObject(from) && isObject(to)) {
    return keysOf(from, to).flatMap(key =>
      differences(
        Array.isArray(to) ? `${field}[${key}]` : `${field}.${key}`,
        Reflect.get(from, key),
        Reflect.get(to, key),
      ),
    );
  }
  return canonicalJson([from]) === canonicalJson([to])
    ? []
    : [{ field, from, to }];
}

/** Lists are compared with lists, by place. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function keysOf(from: object, to: object): string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])];
}
