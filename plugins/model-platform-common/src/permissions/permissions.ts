import { createPermission } from '@backstage/plugin-permission-common';

/** Resource type that all permissions on models share. @public */
export const RESOURCE_TYPE_MODEL = 'model-platform-model';

/** See a model, its versions, metrics and logs. @public */
export const modelReadPermission = createPermission({
  name: 'model-platform.model.read',
  attributes: { action: 'read' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Publish a new model or a version of one; for a new model decided on its owner and system. @public */
export const modelPublishPermission = createPermission({
  name: 'model-platform.model.publish',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Change what belongs to the model: description, aliases, sharing. @public */
export const modelUpdatePermission = createPermission({
  name: 'model-platform.model.update',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Archive a model or a version. @public */
export const modelArchivePermission = createPermission({
  name: 'model-platform.model.archive',
  attributes: { action: 'delete' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Delete for good what is archived and nobody uses. @public */
export const modelDeletePermission = createPermission({
  name: 'model-platform.model.delete',
  attributes: { action: 'delete' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Make, change and switch deployments of a model. @public */
export const modelDeployPermission = createPermission({
  name: 'model-platform.model.deploy',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** Make and revoke tokens with which applications call a model's endpoints. @public */
export const endpointTokenCreatePermission = createPermission({
  name: 'model-platform.endpoint-token.create',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_MODEL,
});

/** All permissions of the platform. @public */
export const modelPlatformPermissions = [
  modelReadPermission,
  modelPublishPermission,
  modelUpdatePermission,
  modelArchivePermission,
  modelDeletePermission,
  modelDeployPermission,
  endpointTokenCreatePermission,
];
