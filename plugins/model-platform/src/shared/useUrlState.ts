import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';

type Values = Record<string, string | string[] | undefined>;

export interface UrlState {
  get(name: string): string | undefined;
  getAll(name: string): string[];
  /**
   * Changes some values; empty ones leave the address. `replace` for what one
   * types, so that *back* leaves the page and not a letter.
   */
  set(values: Values, options?: { replace?: boolean }): void;
}

/** State of a page that its address carries, so that a link shows the same. */
export function useUrlState(): UrlState {
  const [params, setParams] = useSearchParams();
  const set = useCallback<UrlState['set']>(
    (values, options) =>
      setParams(
        current => {
          const next = new URLSearchParams(current);
          for (const [name, value] of Object.entries(values)) {
            next.delete(name);
            for (const one of [value ?? []].flat()) {
              if (one !== '') next.append(name, one);
            }
          }
          return next;
        },
        { replace: options?.replace ?? false, preventScrollReset: true },
      ),
    [setParams],
  );
  return useMemo(
    () => ({
      get: name => params.get(name) ?? undefined,
      getAll: name => params.getAll(name),
      set,
    }),
    [params, set],
  );
}
