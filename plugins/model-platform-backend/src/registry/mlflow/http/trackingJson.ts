import { LoggedModelDetails, loggedModelRoot } from '../tracking/LoggedModels';
import { RunDetails, runRoot } from '../tracking/Runs';
import { ExperimentDetails, Fact, Metric } from '../tracking/TrackingStore';

const pairs = (facts: Fact[], kind: Fact['kind']) => {
  const found = facts
    .filter(fact => fact.kind === kind)
    .map(({ key, value }) => ({ key, value }));
  return found.length > 0 ? found : undefined;
};

/** Milliseconds since 1970, as MLflow writes times. */
export const toMs = (iso: string) => Date.parse(iso);

export function toExperimentJson({ experiment, tags }: ExperimentDetails) {
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: `mlflow-artifacts:/${experiment.id}`,
    lifecycle_stage: experiment.stage,
    last_update_time: toMs(experiment.updatedAt),
    creation_time: toMs(experiment.createdAt),
    tags: tags.length > 0 ? tags : undefined,
    workspace: experiment.system,
  };
}

export function toMetricJson(metric: Metric, withRun = false) {
  return {
    key: metric.key,
    value: Number.isFinite(metric.value) ? metric.value : String(metric.value),
    timestamp: metric.at,
    step: metric.step,
    ...(withRun
      ? { model_id: metric.loggedModelId, run_id: metric.runId }
      : {}),
  };
}

export function toRunInfoJson({ run }: RunDetails) {
  return {
    run_uuid: run.id,
    run_id: run.id,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.user,
    status: run.status,
    start_time: run.startedAt,
    end_time: run.endedAt,
    artifact_uri: `mlflow-artifacts:/${runRoot(run)}`,
    lifecycle_stage: run.stage,
  };
}

export function toRunJson(details: RunDetails) {
  const { facts, metrics } = details;
  const inputs = facts.filter(fact => fact.kind === 'input');
  const outputs = facts.filter(fact => fact.kind === 'output');
  const datasets = facts.filter(fact => fact.kind === 'dataset');
  return {
    info: toRunInfoJson(details),
    data: {
      metrics:
        metrics.length > 0 ? metrics.map(one => toMetricJson(one)) : undefined,
      params: pairs(facts, 'param'),
      tags: pairs(facts, 'tag'),
    },
    inputs: {
      dataset_inputs:
        datasets.length > 0
          ? datasets.map(fact => {
              const { dataset, tags } = JSON.parse(fact.value);
              return { tags: tags.length > 0 ? tags : undefined, dataset };
            })
          : undefined,
      model_inputs:
        inputs.length > 0
          ? inputs.map(fact => ({ model_id: fact.key }))
          : undefined,
    },
    outputs: {
      model_outputs:
        outputs.length > 0
          ? outputs.map(fact => ({
              model_id: fact.key,
              step: Number(fact.value),
            }))
          : undefined,
    },
  };
}

export function toLoggedModelJson({
  model,
  facts,
  metrics,
}: LoggedModelDetails) {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: toMs(model.createdAt),
      last_updated_timestamp_ms: toMs(model.updatedAt),
      artifact_uri: `mlflow-artifacts:/${loggedModelRoot(model)}`,
      status: model.status,
      model_type: model.type,
      source_run_id: model.sourceRunId,
      tags: pairs(facts, 'tag'),
    },
    data: {
      params: pairs(facts, 'param'),
      metrics:
        metrics.length > 0
          ? metrics.map(metric => toMetricJson(metric, true))
          : undefined,
    },
  };
}
