/**
 * Kinds that a repository may declare. Not those that say who somebody is or
 * what a group owns (`User`, `Group`, `System`, `Domain`): rights follow from
 * them. Not `Model` and `API` either: models and their endpoints come from the
 * registry, and the catalog keeps to whoever declared a name first.
 */
const ALLOWED_KINDS = ['Component', 'Resource', 'ModelDeployment'];

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
