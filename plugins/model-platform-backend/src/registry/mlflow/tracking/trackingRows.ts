import {
  Experiment,
  FactKind,
  LifeStage,
  LoggedModel,
  Metric,
  Run,
} from './TrackingStore';

export interface ExperimentRow {
  id: string;
  name: string;
  system: string;
  owner: string;
  visibility: string;
  stage: LifeStage;
  created_at: string;
  updated_at: string;
}

export interface RunRow {
  id: string;
  experiment_id: string;
  name: string;
  user: string;
  status: string;
  stage: LifeStage;
  started_at: number | string;
  ended_at: number | string | null;
}

export interface LoggedModelRow {
  id: string;
  experiment_id: string;
  name: string;
  type: string;
  source_run_id: string;
  status: string;
  stage: LifeStage;
  created_at: string;
  updated_at: string;
}

export interface FactRow {
  subject_id: string;
  kind: FactKind;
  key: string;
  value: string;
}

export interface MetricRow {
  run_id: string;
  key: string;
  value: string;
  at: number | string;
  step: number | string;
  logged_model_id: string | null;
}

export function toExperiment(row: ExperimentRow): Experiment {
  return {
    id: row.id,
    name: row.name,
    system: row.system,
    owner: row.owner,
    stage: row.stage,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    name: row.name,
    user: row.user,
    status: row.status,
    stage: row.stage,
    startedAt: Number(row.started_at),
    endedAt: row.ended_at === null ? undefined : Number(row.ended_at),
  };
}

export function toLoggedModel(row: LoggedModelRow): LoggedModel {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    name: row.name,
    type: row.type,
    sourceRunId: row.source_run_id,
    status: row.status,
    stage: row.stage,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toMetric(row: MetricRow): Metric {
  return {
    key: row.key,
    value: Number(row.value),
    at: Number(row.at),
    step: Number(row.step),
    loggedModelId: row.logged_model_id ?? undefined,
    runId: row.run_id,
  };
}

export function toMetricRow(runId: string, metric: Metric): MetricRow {
  return {
    run_id: runId,
    key: metric.key,
    value: String(metric.value),
    at: metric.at,
    step: metric.step,
    logged_model_id: metric.loggedModelId ?? null,
  };
}
