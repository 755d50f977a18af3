import { InputError } from '@backstage/errors';
import { Request } from 'express';
import { limitOf } from '../http/limitOf';

/** Of a switch in the query: `?dryRun` or `?dryRun=true`. */
export function isSet(value: unknown): boolean {
  return ['', 'true'].includes(String(value));
}

/** Throws `InputError` for a limit that is none. */
export function pageOf(req: Request): { limit: number; cursor?: string } {
  return {
    limit: limitOf(textOf(req.query.limit)),
    cursor: textOf(req.query.cursor),
  };
}

/** One text of the query; the last one where there are several. */
export function textOf(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value[value.length - 1] : value;
  return typeof one === 'string' && one !== '' ? one : undefined;
}

/** All texts of one name in the query. */
export function textsOf(value: unknown): string[] {
  return [value]
    .flat()
    .filter((one): one is string => typeof one === 'string' && one !== '');
}

/** Throws `InputError` for what is no number of a version. */
export function numberOf(version: string): number {
  if (!/^\d{1,9}$/.test(version)) {
    throw new InputError(`'${version}' is not the number of a version`);
  }
  return Number(version);
}
