import { KubernetesObject } from '@kubernetes/client-node';
import { ConflictError } from '@backstage/errors';
import { LABELS } from './labels';
import { namespaceName } from './objectName';
import { systemOf } from './systemMarks';

/** Whose models run in a namespace, and where they are deployed to there. */
export interface NamespaceOwner {
  system: string;
  environment: string;
}

/**
 * Of a namespace that a platform with this prefix makes: its name is of what it
 * says of itself. Undefined of all others, other platforms' among them.
 */
export function namespaceOwner(
  namespace: KubernetesObject | undefined,
  prefix: string,
): NamespaceOwner | undefined {
  const owner = ownerSaidBy(namespace);
  return owner &&
    namespaceName(prefix, owner.system, owner.environment) ===
      namespace?.metadata?.name
    ? owner
    : undefined;
}

/**
 * Prefixes, systems and environments that are different can make the same name.
 *
 * @throws ConflictError where others have it already
 */
export function requireNotOthers(
  namespace: KubernetesObject | undefined,
  prefix: string,
): void {
  const owner = ownerSaidBy(namespace);
  const { name = '' } = namespace?.metadata ?? {};
  if (
    owner &&
    !namespaceOwner(namespace, prefix) &&
    name.endsWith(`-${owner.system}--${owner.environment}`)
  ) {
    throw new ConflictError(
      `The namespace ${name} is that of the system ${owner.system} in the environment ${owner.environment}, perhaps of another platform in the cluster; give this one a prefix (modelPlatform.kubernetes.namespacePrefix) that neither begins as another's nor the other way round`,
    );
  }
}

function ownerSaidBy(
  namespace: KubernetesObject | undefined,
): NamespaceOwner | undefined {
  const { metadata = {} } = namespace ?? {};
  const system = systemOf(metadata);
  const environment = metadata.labels?.[LABELS.environment];
  return system !== undefined && environment !== undefined
    ? { system, environment }
    : undefined;
}
