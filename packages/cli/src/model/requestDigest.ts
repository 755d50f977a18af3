import { createHash } from 'node:crypto';
import { DraftRequest } from '@model-platform/plugin-model-platform-common';

/**
 * `sha256:<hex>` over what a draft asks for, the order of keys aside: the same
 * folder published again has the same digest, so a publish that was cut off
 * finds its draft. Where it comes from is left out, since a commit that
 * changes no file changes no version.
 */
export function requestDigest(request: DraftRequest): string {
  const version = { ...request.version, provenance: undefined };
  return `sha256:${createHash('sha256')
    .update(
      canonicalJson({ model: request.model, version, files: request.files }),
    )
    .digest('hex')}`;
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
