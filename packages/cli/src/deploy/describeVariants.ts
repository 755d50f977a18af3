import {
  describeShare,
  Revision,
} from '@model-platform/plugin-model-platform-common';

/** What a revision serves, a line a variant. */
export function describeVariants(
  revision: Pick<Revision, 'variants'> | undefined,
): string[] {
  return (revision?.variants ?? []).map(
    variant =>
      `  ${variant.name}: ${variant.model} version ${
        variant.version
      }, ${describeShare(variant)}`,
  );
}
