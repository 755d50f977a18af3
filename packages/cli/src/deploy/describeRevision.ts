import { Deployment } from '@model-platform/plugin-model-platform-common';

/** The revision that is wanted, and what it serves. */
export function describeRevision({ revision }: Deployment): string[] {
  if (!revision) return [];
  return [
    `Revision ${revision.number}:`,
    ...revision.variants.map(
      ({ name, model, version, weight }) =>
        `  ${name}: ${model} version ${version}, ${weight} %`,
    ),
  ];
}
