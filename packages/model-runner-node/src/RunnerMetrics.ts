import { RunnerEnvironment, RunnerManifest } from '@model-platform/model-wire';
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client';

/** Seconds; from half a millisecond to half a minute. */
const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10, 30,
];

/** Lines of a prediction. */
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

/**
 * Of the client library: the label `version` of the first is the one of Node,
 * not of the model; the others it would read where the permission model lets
 * nobody read, and count as 0.
 */
const NOT_TRUE_HERE = [
  'nodejs_version_info',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
];

/** The standard metrics of a runner; every series carries whose it is. */
export class RunnerMetrics {
  /** Flavors add what they count beside the standard metrics. */
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'model_runner_requests_total',
    help: 'Answered calls of predict, infer and invocations, by status code',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly errors = new Counter({
    name: 'model_runner_errors_total',
    help: 'Calls that were refused or failed, by class of error',
    labelNames: ['class'],
    registers: [this.registry],
  });
  private readonly codes = new Map<number, Counter.Internal>();
  readonly requestSeconds = new Histogram({
    name: 'model_runner_request_duration_seconds',
    help: 'From the first byte of a call to its answer',
    buckets: BUCKETS,
    registers: [this.registry],
  });
  readonly predictSeconds = new Histogram({
    name: 'model_runner_predict_duration_seconds',
    help: 'Time inside the model alone',
    buckets: BUCKETS,
    registers: [this.registry],
  });
  readonly batchSize = new Histogram({
    name: 'model_runner_batch_size',
    help: 'Lines in one prediction',
    buckets: BATCH_BUCKETS,
    registers: [this.registry],
  });
  readonly inFlight = new Gauge({
    name: 'model_runner_requests_in_flight',
    help: 'Calls being answered now',
    registers: [this.registry],
  });
  readonly loadSeconds = new Gauge({
    name: 'model_runner_load_seconds',
    help: 'How long the model took to load',
    registers: [this.registry],
  });

  private readonly residentMemory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers: [],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });

  constructor(manifest: RunnerManifest, environment: RunnerEnvironment) {
    this.registry.setDefaultLabels({
      system: manifest.model.system,
      model: manifest.model.slug,
      version: String(manifest.version),
      environment: environment.MODEL_ENVIRONMENT,
      endpoint: environment.MODEL_ENDPOINT,
      variant: environment.MODEL_VARIANT,
      revision: environment.MODEL_REVISION,
    });
    collectDefaultMetrics({ register: this.registry });
    for (const name of NOT_TRUE_HERE) this.registry.removeSingleMetric(name);
    this.registry.registerMetric(this.residentMemory);
  }

  /** Calls that wait for a prediction, asked for whenever the metrics are read. */
  exposeWaiting(count: () => number) {
    const gauge: Gauge = new Gauge({
      name: 'model_runner_queue_depth',
      help: 'Calls that wait for a prediction',
      registers: [this.registry],
      collect: () => gauge.set(count()),
    });
  }

  countAnswer(code: number) {
    let counter = this.codes.get(code);
    if (!counter) {
      counter = this.requests.labels(String(code));
      this.codes.set(code, counter);
    }
    counter.inc();
  }

  countError(errorClass: string) {
    this.errors.inc({ class: errorClass });
  }

  get contentType() {
    return this.registry.contentType;
  }

  async expose(): Promise<string> {
    return await this.registry.metrics();
  }
}
