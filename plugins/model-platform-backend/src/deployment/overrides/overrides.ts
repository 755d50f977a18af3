import { DeploymentOverride } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';

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

/** Without those that a change lifts; what was put there since stays. */
export function unlifted(
  overrides: DeploymentOverride[],
  lifted: DeploymentOverride[],
): DeploymentOverride[] {
  const keys = new Set(lifted.map(one => canonicalJson(one)));
  return overrides.filter(one => !keys.has(canonicalJson(one)));
}

/** Whether the content of the wanted revision is a person's, not the spec's. */
export function holdsContent(overrides: DeploymentOverride[]): boolean {
  return hasOverride(overrides, 'promote', 'rollback');
}

/** Whether triggers, and what they ask for, have to wait for a person. */
export function isHeld(overrides: DeploymentOverride[]): boolean {
  return hasOverride(overrides, 'off') || holdsRevision(overrides);
}

/** Whether nothing new may be wanted by itself, or by the same spec again. */
export function holdsRevision(overrides: DeploymentOverride[]): boolean {
  return holdsContent(overrides) || hasOverride(overrides, 'pause');
}
