import { formatCount } from './formatCount';

/** `1 version`, `3 versions`: a number of things that take an s. @public */
export function formatCounted(count: number | undefined, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
}
