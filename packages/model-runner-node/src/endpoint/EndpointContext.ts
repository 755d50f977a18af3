import { WireSignature } from '@model-platform/model-wire';

export type Labels = Record<string, string>;

export interface CustomMetricsApi {
  counter(name: string, labels?: Labels): { inc(amount?: number): void };
  gauge(
    name: string,
    labels?: Labels,
  ): {
    inc(amount?: number): void;
    dec(amount?: number): void;
    set(value: number): void;
  };
  histogram(name: string, labels?: Labels): { observe(value: number): void };
}

type Log = (message: string, facts?: Record<string, unknown>) => void;

/** What endpoint code gets beside the model and the inputs; the same as in Python. */
export interface EndpointContext {
  /** Those that `model.yaml` declares. */
  metrics: CustomMetricsApi;
  /** Lines carry the request's id. */
  logger: { debug: Log; info: Log; warn: Log; error: Log };
  /** As `model.yaml` has it. */
  signature: WireSignature;
  /** Folder with the version's files. */
  files: string;
  modelName: string;
  version: number;
  /** What the environment says to this model. */
  configuration: Record<string, unknown>;
  /** Throws where the environment has no secret of that name. */
  secret(name: string): string;
}
