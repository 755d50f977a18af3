/** Topic of the events bus; events make work happen sooner, nothing relies on them. @public */
export const MODEL_EVENTS_TOPIC = 'model-platform.model';

/** Topic for deployments. @public */
export const DEPLOYMENT_EVENTS_TOPIC = 'model-platform.deployment';

/** Topic published when the platform itself has pushed to a Git repository. @public */
export const GIT_EVENTS_TOPIC = 'model-platform.git';

/** Signals channel on which pages hear that something changed. @public */
export const SIGNALS_CHANNEL = 'model-platform';

/** @public */
export interface ModelEvent {
  modelId: string;
  slug: string;
  action:
    | 'published'
    | 'updated'
    | 'archived'
    | 'restored'
    | 'deleted'
    | 'alias-moved'
    | 'alias-removed'
    | 'approved'
    | 'refused'
    | 'version-archived'
    | 'version-restored'
    | 'version-deleted';
  /** What it happened to, where it is a version; of an alias, what it names now. */
  version?: number;
  /** Of `alias-moved` and `alias-removed`. */
  alias?: string;
}

/** @public */
export interface DeploymentEvent {
  name: string;
  modelId: string;
  modelSlug: string;
  action:
    | 'applied'
    /** A revision waits for its gates. */
    | 'requested'
    /** Somebody approved or refused one that waits. */
    | 'decided'
    /** A figure is beyond the bound of a trigger. */
    | 'alerted'
    | 'ready'
    | 'degraded'
    | 'failed'
    | 'off'
    | 'on'
    | 'deleted';
}
