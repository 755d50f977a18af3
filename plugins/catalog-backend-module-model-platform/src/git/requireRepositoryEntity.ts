/**
 * Kinds that a repository may declare. Not those that say who somebody is or
 * what a group owns (`User`, `Group`, `System`, `Domain`): rights follow from
 * them. Not `Model` either: models come from the registry.
 */
const ALLOWED_KINDS = ['Component', 'API', 'Resource', 'ModelDeployment'];

/**
 * What the repository of a project may declare, wherever it is.
 *
 * @throws Error in words that follow the file's name
 */
export function requireRepositoryEntity(entity: {
  kind: string;
  metadata: { name: string; annotations?: unknown };
}): void {
  const { kind, metadata } = entity;
  if (!ALLOWED_KINDS.includes(kind)) {
    throw new Error(
      `declares ${kind} ${
        metadata.name
      }; a repository may declare ${ALLOWED_KINDS.join(', ')}`,
    );
  }
  const reserved = Object.keys(metadata.annotations ?? {}).find(key =>
    key.startsWith('model-platform.io/'),
  );
  if (reserved) {
    throw new Error(
      `sets the annotation ${reserved} on ${kind} ${metadata.name}; only the platform may`,
    );
  }
}
