import { Request } from 'express';
import { offsetOf, toPageToken } from '../search/pageToken';
import { invalidValue } from './readParameters';

/** Parameters of every search. */
export const paged = { max_results: 'integer', page_token: 'string' } as const;

/** One page of a search. */
export interface Paging {
  /** One more than the page has, which tells whether there is another. */
  limit: number;
  offset: number;
  /** The answer; without an empty list, which MLflow leaves out. */
  answer<T>(name: string, found: T[], toJson: (one: T) => object): object;
}

/** Throws what MLflow answers to limits and tokens that are none. */
export function pagingOf(
  req: Request,
  given: { max_results?: number; page_token?: string },
  { usual, most, least = 0 }: { usual: number; most: number; least?: number },
): Paging {
  const size = given.max_results ?? usual;
  if (size < least || size > most) {
    throw invalidValue(
      'max_results',
      req.method === 'GET' ? String(size) : size,
    );
  }
  const offset = offsetOf(given.page_token);
  return {
    limit: size + 1,
    offset,
    answer(name, found, toJson) {
      const page = found.slice(0, size).map(toJson);
      return {
        [name]: page.length > 0 ? page : undefined,
        next_page_token:
          found.length > size ? toPageToken(offset + size) : undefined,
      };
    },
  };
}
