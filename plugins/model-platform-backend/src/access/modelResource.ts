import { createPermissionResourceRef } from '@backstage/plugin-permission-node';
import { RESOURCE_TYPE_MODEL } from '@model-platform/plugin-model-platform-common';
import { ModelCriterion, ModelSubject } from './ModelFilter';

/** The resource that all permissions of the platform are about. @public */
export const modelPermissionResourceRef = createPermissionResourceRef<
  ModelSubject,
  ModelCriterion
>().with({
  pluginId: 'model-platform',
  resourceType: RESOURCE_TYPE_MODEL,
});
