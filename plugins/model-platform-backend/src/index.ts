/**
 * Registry, deployment and monitoring of models.
 *
 * @packageDocumentation
 */
export { modelPlatformPlugin as default } from './plugin';
export {
  modelPlatformConditions,
  createModelPlatformConditionalDecision,
} from './access/conditions';
export { modelPermissionResourceRef } from './access/modelResource';
export type { ModelCriterion, ModelSubject } from './access/ModelFilter';
