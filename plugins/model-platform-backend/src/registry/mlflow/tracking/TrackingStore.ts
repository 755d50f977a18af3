import { ModelFilter } from '../../../access/ModelFilter';
import { Tag } from '../http/readParameters';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';

export type LifeStage = 'active' | 'deleted';

/** Where runs and logged models are; like a model, it is of a system and an owner. */
export interface Experiment {
  id: string;
  name: string;
  system: string;
  owner: string;
  stage: LifeStage;
  createdAt: string;
  updatedAt: string;
}

/** Which experiments a caller may read. */
export interface VisibleExperiments {
  owned: ModelFilter;
  /** Of those that no owner has. */
  byDefault: ModelFilter;
  /** Only what is in it; undefined for all. */
  system?: string;
}

export interface ExperimentDetails {
  experiment: Experiment;
  tags: Tag[];
}

export interface Run {
  id: string;
  experimentId: string;
  name: string;
  user: string;
  status: string;
  stage: LifeStage;
  /** ms since 1970. */
  startedAt: number;
  endedAt?: number;
}

export interface LoggedModel {
  id: string;
  experimentId: string;
  name: string;
  type: string;
  sourceRunId: string;
  status: string;
  stage: LifeStage;
  createdAt: string;
  updatedAt: string;
}

export interface Metric {
  key: string;
  value: number;
  /** ms since 1970. */
  at: number;
  step: number;
  loggedModelId?: string;
  runId?: string;
}

/** Facts of experiments, runs and logged models, by kind and key. */
export type FactKind = 'param' | 'tag' | 'output' | 'input' | 'dataset';

export interface Fact {
  kind: FactKind;
  key: string;
  value: string;
}

/** A parameter has a value already, which is another one. */
export class ParameterKept extends Error {
  constructor(readonly key: string, readonly value: string) {
    super(`The parameter ${key} has the value ${value}`);
  }
}

/** Keeps experiments, runs and logged models. */
export interface TrackingStore {
  /** False where the system has one of this name. */
  addExperiment(experiment: Experiment, tags: Tag[]): Promise<boolean>;
  findExperiment(id: string): Promise<Experiment | undefined>;
  findExperiments(
    by: { ids: string[] } | { name: string },
    visible: VisibleExperiments,
  ): Promise<Experiment[]>;
  searchExperiments(query: {
    visible: VisibleExperiments;
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Experiment[]>;
  updateExperiment(
    id: string,
    change: Pick<Experiment, 'stage'>,
  ): Promise<void>;
  /** False where the system has another one of this name. */
  renameExperiment(id: string, name: string): Promise<boolean>;

  addRun(run: Run, facts: Fact[]): Promise<void>;
  findRun(id: string): Promise<Run | undefined>;
  updateRun(
    id: string,
    change: Partial<Pick<Run, 'name' | 'status' | 'stage' | 'endedAt'>>,
  ): Promise<void>;
  searchRuns(query: {
    experimentIds: string[];
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Run[]>;

  addLoggedModel(model: LoggedModel, facts: Fact[]): Promise<void>;
  findLoggedModel(id: string): Promise<LoggedModel | undefined>;
  /** Those of them that are there. */
  findLoggedModels(ids: string[]): Promise<LoggedModel[]>;
  updateLoggedModel(
    id: string,
    change: Partial<Pick<LoggedModel, 'status' | 'stage'>>,
  ): Promise<void>;
  searchLoggedModels(query: {
    experimentIds: string[];
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    limit: number;
    offset: number;
  }): Promise<LoggedModel[]>;

  facts(subjectIds: string[]): Promise<Map<string, Fact[]>>;
  putFacts(subjectId: string, facts: Fact[]): Promise<void>;
  /**
   * Parameters with other facts, and metrics and a name of a run: all of it or
   * nothing. Parameters never change: throws `ParameterKept` where one has
   * another value, whoever gave it just now.
   */
  log(
    subjectId: string,
    logged: { facts: Fact[]; metrics?: Metric[]; runName?: string },
  ): Promise<void>;
  removeFact(subjectId: string, kind: FactKind, key: string): Promise<boolean>;

  metricHistory(
    runId: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Metric[]>;
  /** Of each metric the value with the highest step, time and value. */
  latestMetrics(
    by: 'run' | 'loggedModel',
    ids: string[],
  ): Promise<Map<string, Metric[]>>;
}
