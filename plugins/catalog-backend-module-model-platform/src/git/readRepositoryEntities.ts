import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  Entity,
} from '@backstage/catalog-model';
import {
  ANNOTATION_FILE_PROBLEMS,
  ANNOTATION_REPOSITORY,
} from '@model-platform/plugin-model-platform-common';
import { GitHead, GitRepository } from './GitRepository';
import { parseEntityFile } from './parseEntityFile';

const FILES = ['catalog-info.yaml', 'model-deployment.yaml'];

/** What a repository declares at one commit. */
export interface RepositoryEntities {
  entities: Entity[];
  /** Each with the file's name first. */
  problems: string[];
}

/**
 * Reads the entities of a repository. What is wrong with one file is written
 * to the repository's components, where people see it. Rejects where the
 * repository itself cannot be read.
 */
export async function readRepositoryEntities(
  repository: GitRepository,
  head: GitHead,
): Promise<RepositoryEntities> {
  const entities: Entity[] = [];
  const problems: string[] = [];
  for (const file of FILES) {
    const content = await repository.read(head.commit, file);
    if (!content) continue;
    const location = `model-platform-git:${repository.name}@${head.branch}/${file}`;
    const parsed = parseEntityFile(content);
    problems.push(...parsed.problems.map(problem => `${file} ${problem}`));
    for (const entity of parsed.entities)
      entities.push(withLocation(entity, location, repository.name));
  }
  if (problems.length === 0) return { entities, problems };
  return {
    problems,
    entities: entities.map(entity =>
      entity.kind === 'Component'
        ? withAnnotations(entity, {
            [ANNOTATION_FILE_PROBLEMS]: problems.join('; '),
          })
        : entity,
    ),
  };
}

function withLocation(
  entity: Entity,
  location: string,
  repository: string,
): Entity {
  return withAnnotations(entity, {
    [ANNOTATION_LOCATION]: location,
    [ANNOTATION_ORIGIN_LOCATION]: location,
    [ANNOTATION_REPOSITORY]: repository,
  });
}

function withAnnotations(
  entity: Entity,
  annotations: Record<string, string>,
): Entity {
  return {
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: { ...entity.metadata.annotations, ...annotations },
    },
  };
}
