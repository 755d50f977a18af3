import { createHash } from 'node:crypto';
import {
  canonicalRequest,
  DraftRequest,
} from '@model-platform/plugin-model-platform-common';

/**
 * `sha256:<hex>` over what a draft asks for: the same folder published again
 * has the same digest, so a publish that was cut off finds its draft.
 */
export function requestDigest(request: DraftRequest): string {
  return `sha256:${createHash('sha256')
    .update(canonicalRequest(request))
    .digest('hex')}`;
}
