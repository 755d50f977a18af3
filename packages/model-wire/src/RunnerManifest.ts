/**
 * `date` is `2026-05-01`; `datetime` is RFC 3339 with its zone, to the
 * microsecond at most; `bytes` are base64 in JSON; `object` is any JSON
 * object, whose members are not described further.
 */
export type WireSignatureType =
  | 'number'
  | 'integer'
  | 'string'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'bytes'
  | 'object';

/** One named input or output of a model, as `model.yaml` writes it. */
export interface WireSignatureField {
  name: string;
  type: WireSignatureType;
  /** Shape of one row's value; absent for a scalar, -1 for a variable dimension. */
  shape?: number[];
  description?: string;
  unit?: string;
  optional?: boolean;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  enum?: Array<string | number>;
  example?: unknown;
}

export interface WireSignature {
  inputs: WireSignatureField[];
  outputs: WireSignatureField[];
}

/** The developer's own container, that serves the model beside the runner. */
export interface WireImage {
  /** It listens there, on the loopback that both share. */
  port: number;
  /** What it calls the model in the Open Inference Protocol. */
  model: string;
  readyPath: string;
}

export interface WireCustomMetric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  description?: string;
  unit?: string;
  labels?: string[];
}

/**
 * `model.json` in a runner's directory, beside `model/` with the version's
 * files. All a runtime knows of the version.
 */
export interface RunnerManifest {
  formatVersion: 1;
  model: {
    /** Never another model's, as name and slug may be; absent off a platform. */
    id?: string;
    name: string;
    slug: string;
    system: string;
    type: string;
    description: string;
  };
  version: number;
  /** `sha256:<hex>` over all that the version is; absent off a platform. */
  digest?: string;
  flavor: string;
  /** Relative paths under `model/`. */
  files: string[];
  /** Path under `model/` of the developer's own endpoint code. */
  endpoint?: string;
  signature: WireSignature;
  /** Of the flavor `image`. */
  image?: WireImage;
  /** How long a solver may take, seconds; of models that are solved. */
  timeLimitSeconds?: number;
  /** One line of inputs that the model answers; used to warm up and in the docs. */
  example?: Record<string, unknown>;
  metrics: WireCustomMetric[];
}
