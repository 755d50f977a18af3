import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';
import {
  ANNOTATION_ENDPOINT,
  ANNOTATION_ENDPOINT_URL,
  ANNOTATION_FILE_PROBLEMS,
  ANNOTATION_MODEL_ID,
  ANNOTATION_PUBLISHERS,
  ANNOTATION_REPOSITORY,
  RELATION_DEPLOYED_BY,
  RELATION_DEPLOYS,
} from './annotations';
import { modelDeploymentKind } from './modelDeploymentKind';
import { modelKind } from './modelKind';

/**
 * Kinds `Model` and `ModelDeployment`, their relations and annotations, for
 * the catalog's model. @public
 */
export const modelPlatformCatalogLayer = createCatalogModelLayer({
  layerId: 'model-platform.io/kinds',
  builder: model => {
    model.addKind(modelKind);
    model.addKind(modelDeploymentKind);

    // Without a pair that covers our kinds, the catalog emits no reverse relation.
    model.updateRelationPair({
      fromKind: ['Model', 'ModelDeployment'],
      toKind: ['Group', 'User'],
      forward: { type: 'ownedBy' },
      reverse: { type: 'ownerOf' },
    });
    model.updateRelationPair({
      fromKind: ['Model', 'ModelDeployment'],
      toKind: 'System',
      forward: { type: 'partOf' },
      reverse: { type: 'hasPart' },
    });
    model.updateRelationPair({
      fromKind: 'Model',
      toKind: 'API',
      forward: { type: 'providesApi' },
      reverse: { type: 'apiProvidedBy' },
    });
    model.addRelationPair({
      fromKind: 'ModelDeployment',
      toKind: 'Model',
      description:
        'A relation from a deployment to the model whose versions it serves.',
      forward: { type: RELATION_DEPLOYS, title: 'deploys model' },
      reverse: { type: RELATION_DEPLOYED_BY, title: 'model deployed by' },
    });

    model.addAnnotation({
      name: ANNOTATION_MODEL_ID,
      title: 'Model id',
      description: 'Id of the model in the registry, which outlives a rename.',
    });
    model.addAnnotation({
      name: ANNOTATION_ENDPOINT,
      title: 'Endpoint',
      description: 'Name of the endpoint that an API describes.',
    });
    model.addAnnotation({
      name: ANNOTATION_ENDPOINT_URL,
      title: 'Endpoint URL',
      description: 'Where applications call the endpoint.',
    });
    model.addAnnotation({
      name: ANNOTATION_REPOSITORY,
      title: 'Repository',
      description: 'Repository of the platform that the entity was read from.',
    });
    model.addAnnotation({
      name: ANNOTATION_FILE_PROBLEMS,
      title: 'Problems in files',
      description: 'Which files of the repository could not be read, and why.',
    });
    model.addAnnotation({
      name: ANNOTATION_PUBLISHERS,
      title: 'Publishers',
      description:
        'Groups that may publish models into the system beside its owner, separated by commas.',
    });
  },
});
