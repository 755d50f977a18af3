import { DeploymentOverride } from '@model-platform/plugin-model-platform-common';

type Kind = DeploymentOverride['kind'];

/** Each of them is about another thing, so that one does not end another. */
const LAYERS: Record<Kind, string> = {
  off: 'off',
  pause: 'pause',
  promote: 'traffic',
  rollback: 'traffic',
};

export function hasOverride(
  overrides: DeploymentOverride[],
  ...kinds: Kind[]
): boolean {
  return overrides.some(({ kind }) => kinds.includes(kind));
}

/**
 * With one more, in the place of what it supersedes: who moves traffic decides
 * anew what serves, and wants it to move.
 */
export function withOverride(
  overrides: DeploymentOverride[],
  added: DeploymentOverride,
): DeploymentOverride[] {
  const superseded = [
    LAYERS[added.kind],
    ...(LAYERS[added.kind] === 'traffic' ? ['pause'] : []),
  ];
  return [
    ...overrides.filter(({ kind }) => !superseded.includes(LAYERS[kind])),
    added,
  ];
}

/** Of this kind; all of them where none is said. */
export function withoutOverride(
  overrides: DeploymentOverride[],
  lifted: Kind | undefined,
): DeploymentOverride[] {
  return lifted === undefined
    ? []
    : overrides.filter(({ kind }) => kind !== lifted);
}

/** Whether the content of the wanted revision is a person's, not the spec's. */
export function holdsContent(overrides: DeploymentOverride[]): boolean {
  return hasOverride(overrides, 'promote', 'rollback');
}

/** Whether nothing new may be wanted by itself, or by the same spec again. */
export function holdsRevision(overrides: DeploymentOverride[]): boolean {
  return holdsContent(overrides) || hasOverride(overrides, 'pause');
}
