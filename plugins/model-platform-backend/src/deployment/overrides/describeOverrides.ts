import {
  DeploymentOverride,
  DeploymentSpec,
  DeploymentVariant,
} from '@model-platform/plugin-model-platform-common';
import { variantsOf } from '../revisions/RevisionResolver';

/** A sentence an override: what the spec says, and what a person put beside it. */
export function describeOverrides(
  spec: DeploymentSpec,
  overrides: DeploymentOverride[],
): string[] {
  return overrides.map(override => {
    const why = override.reason ? `: ${override.reason}` : '';
    return `The file says ${contentOf(spec)}; overridden by ${
      override.by
    } since ${override.since}: ${whatOf(override)}${why}`;
  });
}

function contentOf(spec: DeploymentSpec): string {
  return variantsOf(spec)
    .map(
      ({ name, version, weight }) =>
        `${name} at ${selectorOf(version)}${
          weight === undefined ? '' : ` with ${weight} %`
        }`,
    )
    .join(', ');
}

/** A selector in words, e.g. `champion` or `latest`. */
export function selectorOf(version: DeploymentVariant['version']): string {
  if ('number' in version) return `version ${version.number}`;
  return 'alias' in version ? version.alias : 'latest';
}

function whatOf(override: DeploymentOverride): string {
  switch (override.kind) {
    case 'off':
      return 'switched off';
    case 'pause':
      return 'paused';
    case 'promote':
      return `all traffic to ${override.variant}`;
    default:
      return `rolled back to revision ${override.revision}`;
  }
}
