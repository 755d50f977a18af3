import { ModelFields, HistoryDraft } from '../../ModelStore';
import { Tag } from '../http/readParameters';
import { Comparison } from '../search/parseFilter';
import { Order } from '../search/parseOrderBy';
import { MlflowAlias, MlflowModel, MlflowVersion, Stage } from './MlflowModel';
import { VersionScope } from './versionEntries';

/** One page of a search. */
export interface Search {
  scope: VersionScope;
  comparisons: Comparison[];
  orders: Order[];
  limit: number;
  offset: number;
}

export interface NewMlflowVersion {
  modelId: string;
  number: number;
  /** The person who registered it, or who made the token that did. */
  responsible?: string;
  state: 'pending' | 'bare';
  statusMessage?: string;
  source: string;
  root?: string;
  location?: string;
  runId?: string;
  loggedModelId?: string;
  runLink?: string;
  description?: string;
  tags: Tag[];
}

/** What MLflow keeps of models beside the registry. */
export interface RegisteredModelStore {
  /** Ready, waiting or empty; no archived ones, and none that only drafts have. */
  findModel(name: string): Promise<MlflowModel | undefined>;
  /** Makes the model, not published; false where the name is taken. */
  createModel(
    model: {
      fields: ModelFields;
      slug: string;
      publisher: string;
      tags: Tag[];
    },
    history: HistoryDraft,
  ): Promise<boolean>;
  /** Of a model that is not published. */
  updateModel(
    id: string,
    change: { description?: string; owner?: string },
    history: HistoryDraft,
  ): Promise<void>;
  /** Of a model that is not published; false where the name is taken. */
  renameModel(
    model: MlflowModel,
    name: string,
    history: HistoryDraft,
  ): Promise<boolean>;
  /** Removes a model that is not published, with all that is said of it; `numbersToo` gives its numbers free. */
  deleteModel(
    model: MlflowModel,
    numbersToo: boolean,
    history: HistoryDraft,
  ): Promise<void>;
  searchModels(search: Search): Promise<MlflowModel[]>;
}

/** Tags and aliases. */
export interface LabelStore {
  tagsOfModels(ids: string[]): Promise<Map<string, Tag[]>>;
  /** `number` 0 is the model itself; without a value the tag is removed. */
  setTag(
    modelId: string,
    number: number,
    key: string,
    value: string | undefined,
    history: HistoryDraft,
  ): Promise<void>;

  aliasesOfModels(ids: string[]): Promise<Map<string, MlflowAlias[]>>;
}

/** What MLflow keeps of versions beside the registry. */
export interface ModelVersionStore {
  reserveNumber(name: string): Promise<number>;
  addVersion(version: NewMlflowVersion, history: HistoryDraft): Promise<void>;
  findVersion(
    scope: VersionScope,
    modelId: string,
    number: number,
  ): Promise<MlflowVersion | undefined>;
  /** Of each stage the newest one. */
  latestVersions(
    scope: VersionScope,
    modelIds: string[],
  ): Promise<Map<string, MlflowVersion[]>>;
  /** Newest first. */
  pendingVersions(modelId: string, limit: number): Promise<MlflowVersion[]>;
  versionsInStage(
    modelId: string,
    stage: Stage,
    limit: number,
  ): Promise<MlflowVersion[]>;
  /** Whether it is complete, and what it lacks. */
  noteState(
    version: MlflowVersion,
    state: MlflowVersion['state'],
    statusMessage: string | undefined,
  ): Promise<void>;
  updateVersion(
    version: MlflowVersion,
    change: { description: string | undefined },
    history: HistoryDraft,
  ): Promise<void>;
  /** Moves the version there; others that are there become archived where asked for. */
  transition(
    version: MlflowVersion,
    stage: Stage,
    archiveExisting: MlflowVersion[],
    history: HistoryDraft,
  ): Promise<void>;
  /** Of one that is not in the registry. */
  deleteVersion(version: MlflowVersion, history: HistoryDraft): Promise<void>;
  searchVersions(search: Search): Promise<MlflowVersion[]>;
}
