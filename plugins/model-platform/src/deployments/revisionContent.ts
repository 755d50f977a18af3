import {
  describeShare,
  Revision,
} from '@model-platform/plugin-model-platform-common';

/** What a revision serves, in a few words. */
export function revisionContent({ variants }: Revision): string {
  return variants
    .map(variant =>
      variants.length === 1
        ? `v${variant.version}`
        : `${variant.name} v${variant.version} ${describeShare(variant)}`,
    )
    .join(' · ');
}
