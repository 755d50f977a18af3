import { ModelSubject } from '../../../access/ModelFilter';
import { Tag } from '../http/readParameters';

/** A registered model as MLflow sees it. */
export interface MlflowModel extends ModelSubject {
  id: string;
  /** Of the registry's types. */
  type: string;
  lifecycle: 'experimental' | 'production' | 'deprecated';
  /** Of the registry's own, as its page shows them. */
  modelTags: string[];
  description: string;
  /** In the registry, with a version that is ready there. */
  published: boolean;
  createdAt: string;
  updatedAt: string;
}

export type Stage = 'None' | 'Staging' | 'Production' | 'Archived';

/**
 * A version as MLflow sees it: `pending` lacks metadata; `bare` is ready for
 * MLflow alone; `registered` is a ready version of the registry.
 */
export interface MlflowVersion {
  modelId: string;
  model: string;
  number: number;
  state: 'pending' | 'bare' | 'registered';
  statusMessage?: string;
  /** As it was given; absent where the version was published by another door. */
  source?: string;
  /** Where its files are among the artifacts. */
  root?: string;
  /** Where it is loaded from, if not from its source. */
  location?: string;
  runId?: string;
  loggedModelId?: string;
  runLink?: string;
  description?: string;
  stage: Stage;
  createdBy: string;
  /** The person who registered it, or who made the token that did. */
  responsible?: string;
  createdAt: string;
  updatedAt: string;
  tags: Tag[];
}

export interface MlflowAlias {
  alias: string;
  number: number;
}
