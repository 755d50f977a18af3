import { PermissionCriteria } from '@backstage/plugin-permission-common';
import { Model } from '@model-platform/plugin-model-platform-common';

/** One comparison; true where one of the values is met. */
export interface ModelCriterion {
  key: 'name' | 'owner' | 'system' | 'sharedWith' | 'visibility';
  values: string[];
}

/** Which models: `true` all, `false` none, else those that meet the criteria. The same in memory and in SQL. */
export type ModelFilter = boolean | PermissionCriteria<ModelCriterion>;

/** What decisions on a model look at; of a model that is not there yet, what it would be. */
export type ModelSubject = Pick<
  Model,
  'name' | 'owner' | 'system' | 'visibility' | 'sharedWith'
>;
