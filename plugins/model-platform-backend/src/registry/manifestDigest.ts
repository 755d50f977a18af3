import { createHash } from 'node:crypto';
import {
  VersionFile,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../canonicalJson';

/**
 * `sha256:<hex>` over spec and files, whatever their order. Where a version
 * comes from is left out: a commit that changes nothing makes nothing new.
 */
export function manifestDigest(
  spec: VersionSpec,
  files: VersionFile[],
): string {
  const { provenance: _, ...version } = spec;
  const sorted = [...files].sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
  return `sha256:${createHash('sha256')
    .update(canonicalJson({ version, files: sorted }))
    .digest('hex')}`;
}
