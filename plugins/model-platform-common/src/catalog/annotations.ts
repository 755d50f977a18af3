/** Group and version of the platform's own kinds. @public */
export const MODEL_PLATFORM_API_VERSION = 'model-platform.io/v1alpha1';

/** Of a `Model` entity: id of the model in the registry, which outlives a rename. @public */
export const ANNOTATION_MODEL_ID = 'model-platform.io/model-id';

/** Of an `API` entity: name of the endpoint that it describes. @public */
export const ANNOTATION_ENDPOINT = 'model-platform.io/endpoint';

/** Of an `API` entity: URL of the endpoint. @public */
export const ANNOTATION_ENDPOINT_URL = 'model-platform.io/endpoint-url';

/**
 * Of an entity read from a Git repository of the platform: the repository's
 * name. What a model's project tells is for whom the model may be seen. @public
 */
export const ANNOTATION_REPOSITORY = 'model-platform.io/repository';

/**
 * Of an entity read from a Git repository: which files beside it could not be
 * read, and why. Absent where all is well. @public
 */
export const ANNOTATION_FILE_PROBLEMS = 'model-platform.io/file-problems';

/** Relation from a deployment to the model it serves. @public */
export const RELATION_DEPLOYS = 'deploysModel';

/** Relation from a model to its deployments as code. @public */
export const RELATION_DEPLOYED_BY = 'modelDeployedBy';

/**
 * On a system: entity refs of the groups that may publish models into it
 * beside its owner, separated by commas. @public
 */
export const ANNOTATION_PUBLISHERS = 'model-platform.io/publishers';
