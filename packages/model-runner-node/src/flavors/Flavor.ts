import { KeyObject } from 'node:crypto';
import { RunnerManifest } from '@model-platform/model-wire';
import { Registry } from 'prom-client';
import { Logger } from '../Logger';

/** Values of one row by the names of the signature. */
export type Row = Record<string, unknown>;

/** A tensor of the Open Inference Protocol. */
export interface OipTensor {
  name: string;
  datatype: string;
  shape: number[];
  /** Flat, row-major. */
  data: ArrayLike<unknown>;
}

/** What the protocol's metadata says of a tensor; -1 is a variable dimension. */
export interface OipTensorMetadata {
  name: string;
  datatype: string;
  shape: number[];
}

/** Who waits for an answer. */
export interface Call {
  requestId: string;
  /** Aborted when the caller is gone: what is for nobody any more may end. */
  readonly signal: AbortSignal;
  /** The same, for who only looks: a signal costs something to make. */
  readonly isGone?: boolean;
  /** How long it waited to be joined to others, milliseconds: none of the model's own time. */
  waitedMs?: number;
}

/** How lines of several calls become one prediction, for models that can tell them apart again. */
export interface Batching {
  /** Lines of a prediction that is of more than one call. */
  maxRows: number;
  /** Bytes of their values together: wide lines would fill the memory. One call may have more. */
  maxBytes: number;
  /** How long calls wait for further ones, while they come side by side. */
  maxDelayMs: number;
  /** For the metrics: lines of a prediction. */
  observe(rows: number): void;
  /** For the metrics: calls that wait for a prediction. */
  countWaiting(count: () => number): void;
}

/** One step of an answer that comes piece by piece; `outputs` is the last. */
export type StreamEvent = { delta: string } | { outputs: Row };

/** A model in memory. */
export interface LoadedModel {
  /** For OIP metadata, e.g. `onnx`. */
  platform: string;
  inputs: OipTensorMetadata[];
  outputs: OipTensorMetadata[];
  /** Rows were validated against the signature; answers one row for each. */
  predict(rows: Row[], call: Call): Promise<Row[]>;
  /**
   * Tensors as the model itself names them. Rejects with `RequestError` where they don't fit.
   *
   * @param wanted - names of the outputs that are asked for; others may be left out, and none where it is absent
   */
  infer(
    inputs: OipTensor[],
    call: Call,
    wanted?: string[],
  ): Promise<OipTensor[]>;
  /** For models that can answer one line as a stream. */
  stream?(row: Row, call: Call): AsyncIterable<StreamEvent>;
  /** Instead of a prediction, where the first one may take too long to wait for. */
  warmUp?(rows: Row[]): Promise<void>;
  /** Whether it joins calls, and says itself how many lines its predictions have. */
  isJoining?: boolean;
  close?(): Promise<void>;
}

/** What a flavor may need beside the version. */
export interface FlavorContext {
  /** Seals what is handed to callers and comes back, 32 bytes. */
  stateKey?: KeyObject;
  /** Where the environment's language model is told of; there may be no such file. */
  languageModelFile: string;
  batching: Batching;
  /** For what the flavor counts beside the standard metrics. */
  registry: Registry;
  /** Facts and reasons, never what was sent. */
  logger: Logger;
}

/** One way to load a model: a folder beside this file, listed in `flavors.ts`. */
export interface Flavor {
  /** As `flavor` of `model.yaml` names it. */
  name: string;
  /** Whether a signature may have bytes, which come and go as buffers. */
  takesBytes?: boolean;
  /**
   * @param directory - the folder with the version's files
   * @throws with a message for the model's developer where the files can't be
   *   loaded, or the signature does not fit them
   */
  load(
    manifest: RunnerManifest,
    directory: string,
    context: FlavorContext,
  ): Promise<LoadedModel>;
}
