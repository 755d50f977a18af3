/** What a model is for the platform; further types come by configuration. @public */
export type ModelType =
  | 'ml'
  | 'prompt'
  | 'optimization'
  | 'process'
  | (string & {});

/** @public */
export type ModelLifecycle = 'experimental' | 'production' | 'deprecated';

/** @public */
export type ModelVisibility = 'system' | 'everyone';

/** What the caller in hand may do with a model; buttons follow it, routes check it again. @public */
export interface ModelActions {
  update: boolean;
  publish: boolean;
  archive: boolean;
  /** Delete for good what is archived. */
  delete: boolean;
  deploy: boolean;
  createEndpointToken: boolean;
}

/** The few facts of a version that lists show. @public */
export interface VersionSummary {
  number: number;
  status: VersionStatus;
  /**
   * What loads it, e.g. `onnx`; `image` where it is a container of its own.
   * Absent of a model that was not changed since portals say it.
   */
  flavor?: string;
  /** ISO 8601, UTC. */
  readyAt?: string;
  /** Short facts for lists: theme and risk of the version's metadata. */
  theme?: string;
  risk?: string;
}

/** A metadata schema, at the moment that a version satisfied it. @public */
export interface MetadataSchemaRef {
  /** `platform`, or the name that configuration gives it. */
  name: string;
  version: string;
  /** `sha256:<hex>` of the schema. */
  digest: string;
}

/** A named, owned thing in the registry. @public */
export interface Model {
  /** Never reused; what deployments, metrics and history refer to. */
  id: string;
  name: string;
  /** DNS label of at most 50 characters: entity name, label, path. */
  slug: string;
  type: ModelType;
  description: string;
  /** Entity ref of a group, e.g. `group:default/crm`. */
  owner: string;
  /** Name of the system, as `toSystemName` writes it, e.g. `customer-care`. */
  system: string;
  lifecycle: ModelLifecycle;
  visibility: ModelVisibility;
  /** Entity refs of systems and groups that may also read it. */
  sharedWith: string[];
  tags: string[];
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  archivedAt?: string;
  aliases: Record<string, number>;
  /** Version the alias `champion` names, else the newest ready one; its facts stand for the model. */
  current?: VersionSummary;
  /** Newest ready version. */
  latest?: VersionSummary;
  /** Metadata of `current`. */
  metadata?: Record<string, unknown>;
  /** Whether the metadata of `current` satisfies the schema in force today. */
  metadataComplete?: boolean;
  /** Present where one model is read. */
  actions?: ModelActions;
  /** Changes with every change of the model; also sent as ETag. */
  etag: string;
}

/** @public */
export type VersionStatus = 'draft' | 'ready' | 'archived';

/**
 * `date` is `2026-05-01`; `datetime` is RFC 3339 with its zone, to the
 * microsecond at most; `bytes` are base64 in JSON; `object` is any JSON
 * object, whose members are not described further. @public
 */
export type SignatureType =
  | 'number'
  | 'integer'
  | 'string'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'bytes'
  | 'object';

/** One named input or output of a model. @public */
export interface SignatureField {
  name: string;
  type: SignatureType;
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

/** Named, typed, shaped inputs and outputs; the source of the endpoint's OpenAPI. @public */
export interface Signature {
  inputs: SignatureField[];
  outputs: SignatureField[];
}

/** A custom metric that the endpoint's code counts. @public */
export interface CustomMetric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  description?: string;
  unit?: string;
  labels?: string[];
  /** Set by the platform: in the metric catalogue, so collected centrally. */
  collected?: boolean;
}

/** @public */
export interface Resources {
  cpu?: string;
  memory?: string;
  gpu?: number;
  /** How long a call may take, seconds; 30 where absent. */
  timeoutSeconds?: number;
  replicas?: Replicas;
}

/** How many runners a variant has. @public */
export interface Replicas {
  /** 0: none while nobody calls; the first call waits until one has started. */
  min: number;
  max: number;
  /** Calls that one runner shall answer at a time; more runners start beyond. */
  inFlight?: number;
  /** How long nobody must have called until the last one ends, where `min` is 0. */
  idleSeconds?: number;
}

/** @public */
export interface VersionFile {
  /** Relative, `/`-separated. */
  path: string;
  /** `sha256:<64 hex>`. */
  digest: string;
  sizeBytes: number;
}

/** Where a version comes from; all of it optional, given by the publisher's client. @public */
export interface Provenance {
  /** Name and version of what published, e.g. `model-platform-cli/0.1.0`. */
  client?: string;
  commit?: string;
  repository?: string;
  ciRun?: string;
  trainingRun?: string;
  /** What it was trained on, to the version. */
  datasets?: DatasetVersion[];
}

/** One version of a data set. @public */
export interface DatasetVersion {
  name: string;
  /** Version, snapshot or digest. */
  version?: string;
  /** Where it lies. */
  uri?: string;
}

/** One input or output as a model's own file has it; what the file does not say is absent. @public */
export interface ReadField {
  name?: string;
  type?: SignatureType;
  /** As in `SignatureField`. */
  shape?: number[];
  optional?: boolean;
  /** Why no runner can take or give it, and what to do. */
  unserved?: string;
}

/** What one file of a version says of itself; read by the platform, never loaded. @public */
export interface FileReading {
  path: string;
  format: 'onnx' | 'mlflow' | 'skops' | 'pickle';
  inputs?: ReadField[];
  outputs?: ReadField[];
  /** Evaluation metrics, where its own metadata has some. */
  evaluation?: Record<string, number>;
  /** Id of the run that made it. */
  trainingRun?: string;
  /** Metadata that whoever made the file put into it. */
  metadata?: Record<string, unknown>;
  /** Ways to load it that an `MLmodel` names. */
  flavors?: string[];
  /** Path beside an `MLmodel` of a table with an input. */
  exampleFile?: string;
  /** What loading it would import, `module.name`; of pickles and skops files. */
  imports?: string[];
  /** Of these, what was on no list of the platform's when the version was published. */
  unlisted?: string[];
  /** Why nothing, or not all, could be read. */
  problem?: string;
}

/** The developer's own container, which speaks the Open Inference Protocol. @public */
export interface ContainerImage {
  /** By digest, with its registry: `registry.example.org/churn@sha256:…`. */
  reference: string;
  /** It listens there; told to it as `PORT`. */
  port: number;
  /** What it calls the model; the model's slug where absent. */
  model?: string;
  /** Defaults to `/v2/health/live`. */
  livePath?: string;
  /** Defaults to `/v2/health/ready`. */
  readyPath?: string;
}

/** What a publisher says of a version, beside its files. @public */
export interface VersionSpec {
  metadata: Record<string, unknown>;
  flavor: string;
  runtime: 'node' | 'python';
  /** Empty in a draft whose files are to say it. */
  signature: Signature;
  /** Path of the developer's own endpoint code among the files. */
  endpoint?: string;
  /** `false` where an answer to a line depends on the lines beside it: no two calls become one prediction. */
  batching?: boolean;
  /** Of the flavor `image`. */
  image?: ContainerImage;
  resources?: Resources;
  metrics?: CustomMetric[];
  /** Evaluation metrics, e.g. `{ accuracy: 0.97 }`. */
  evaluation?: Record<string, number>;
  /** One line of inputs that the endpoint answers; shown, and used in snippets. */
  example?: Record<string, unknown>;
  provenance?: Provenance;
}

/** Immutable once `ready`. @public */
export interface ModelVersion extends VersionSpec {
  id: string;
  modelId: string;
  model: string;
  number: number;
  status: VersionStatus;
  files: VersionFile[];
  /** `sha256:<hex>` over spec and files: what is equal is not published twice. */
  manifestDigest: string;
  /** The metadata schemas that it satisfied when it became ready. */
  schemas?: MetadataSchemaRef[];
  /** What its files say of themselves. */
  readings?: FileReading[];
  aliases: string[];
  publisher: string;
  /** Person who published it, or who made the token that it was published with. */
  responsible?: string;
  createdAt: string;
  readyAt?: string;
  archivedAt?: string;
  /** Only of a draft: digests that the store does not hold yet. */
  missing?: string[];
  expiresAt?: string;
}

/** Body of `POST models/{name}/versions`: everything `model.yaml` says, plus the files' digests. @public */
export interface DraftRequest {
  /** Fields of the model; used at its first publish, and refused by field where a later one differs. */
  model: {
    name: string;
    type: ModelType;
    owner: string;
    system: string;
    description: string;
    lifecycle?: ModelLifecycle;
    visibility?: ModelVisibility;
    sharedWith?: string[];
    tags?: string[];
  };
  /** Without a signature where the files say it: `*.onnx`, `MLmodel`. */
  version: Omit<VersionSpec, 'signature'> & { signature?: Signature };
  /** Small files may come along, in Base64; a draft has at most 4 MB. */
  files: Array<VersionFile & { content?: string }>;
  /**
   * What the sender found pickles among the files to import: a refusal then
   * comes before anything is sent. The platform looks for itself, too.
   */
  pickles?: Array<Pick<FileReading, 'path' | 'imports' | 'problem'>>;
  /** Make a new version even where it equals the newest one. */
  force?: boolean;
  /** Make it ready at once where no file is missing, which is then the answer's version. */
  complete?: boolean;
}

/** Answer of opening a draft. @public */
export interface DraftResponse {
  version: ModelVersion;
  /** True where the newest ready version equals the request; nothing was made. */
  unchanged: boolean;
  /** True where an earlier call with the same key had opened it. */
  resumed?: boolean;
  /** Digests to upload. */
  missing: string[];
}

/** Which parts of a draft's file have arrived. @public */
export interface PartsStatus {
  digest: string;
  sizeBytes: number;
  /** Of every part but the last one, which has the rest. */
  partSizeBytes: number;
  /** How many parts the file has; they are numbered from 1. */
  count: number;
  /** Numbers of the parts that are still to be sent. */
  missing: number[];
  /** Whether parts may go to the store itself; absent of a platform that knows no such thing. */
  direct?: boolean;
}

/** A request to the store itself, which it lets through for a short time. @public */
export interface DirectRequest {
  method: 'GET' | 'PUT';
  url: string;
  /** To be sent with it, as they are. */
  headers: Record<string, string>;
  expiresAt: string;
}

/** @public */
export interface HistoryEntry {
  id: string;
  at: string;
  /** Who: entity ref of a user, `token:<name> (<id>, made by <entity ref>)`, or `ci:<name>:<repository>@<ref>#<run>`. */
  actor: string;
  action: string;
  reason?: string;
  details?: Record<string, unknown>;
  /** From where: `portal`, `cli`, `mlflow`, `api`, as the client called itself. */
  client?: string;
}

/** How the metadata of a model's current version stands to the schema in force today. @public */
export interface MetadataCompliance {
  modelId: string;
  slug: string;
  name: string;
  type: ModelType;
  system: string;
  owner: string;
  /** The version that was looked at; absent where none is ready. */
  version?: number;
  complete: boolean;
  /** What it falls short of. */
  problems: FieldProblem[];
  /** The schemas in force when it was looked at. */
  schemas: MetadataSchemaRef[];
  /** ISO 8601, UTC; absent as long as nobody looked. */
  checkedAt?: string;
}

/** One broken rule of a metadata schema or of the manifest. @public */
export interface FieldProblem {
  /** Path in `model.yaml`, e.g. `metadata.data.personalData`. */
  field: string;
  rule: string;
  given?: unknown;
  example?: unknown;
  /** Where the rule comes from: `platform`, or name and version of the configured schema. */
  source: string;
}
