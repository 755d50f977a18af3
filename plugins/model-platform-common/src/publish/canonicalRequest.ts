import { DraftRequest } from '../types';

/**
 * What a draft asks for, the order of keys aside: its digest is the key that
 * finds a publish that was cut off, whichever client goes on with it. Where it
 * comes from is left out, since a commit that changes no file changes no
 * version. @public
 */
export function canonicalRequest(request: DraftRequest): string {
  const version = { ...request.version, provenance: undefined };
  return canonicalJson({
    model: request.model,
    version,
    files: request.files,
  });
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(
          Object.entries(item).sort(([left], [right]) =>
            left < right ? -1 : 1,
          ),
        )
      : item,
  );
}
