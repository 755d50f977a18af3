/** Those that MLflow knows; its clients understand no others. @public */
export const MLFLOW_EVENTS = [
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
] as const;

/** What MLflow has no word for; the same for models of every type. @public */
export const OWN_EVENTS = [
  'registered_model.updated',
  'registered_model.archived',
  'registered_model.restored',
  'registered_model.deleted',
  'model_version.archived',
  'model_version.restored',
  'model_version.deleted',
  'model_version.approved',
  'model_version.refused',
] as const;

/** @returns whether clients of MLflow understand it. @public */
export function isMlflowEvent(event: string): boolean {
  return MLFLOW_EVENTS.some(one => one === event);
}

/** All that webhooks can ask for. @public */
export const WEBHOOK_EVENTS: readonly string[] = [
  ...MLFLOW_EVENTS,
  ...OWN_EVENTS,
];
