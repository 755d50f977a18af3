import { z } from 'zod';
import { DEFAULT_MAX_BODY_BYTES } from './TrafficPlan';

/**
 * The environment variables that a runner is started with. Everything else of
 * the parent's environment but PATH, LANG and TZ is withheld from it.
 */
export const runnerEnvironmentSchema = z.object({
  /** Directory with `model.json` and `model/`. */
  MODEL_DIR: z.string().min(1),
  /** Address and port to bind; the port is given, never chosen by the runner. */
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(1).max(65535),
  /** Requests must carry it in `x-model-runner-secret`; health answers without. */
  RUNNER_SECRET: z.string().min(16).optional(),
  /** Opens `GET /metrics` alone, as a bearer token: for whoever collects figures. */
  METRICS_SECRET: z.string().min(16).optional(),
  /** The endpoint's name: prefix of the paths, and the model's name in OIP. */
  MODEL_ENDPOINT: z.string().min(1),
  MODEL_VARIANT: z.string().min(1),
  MODEL_REVISION: z.string().min(1),
  MODEL_ENVIRONMENT: z.string().min(1),
  /**
   * Key, 32 bytes in base64url, that seals what a waiting process hands to its
   * caller; the same one in every runner of a version, in no other.
   */
  STATE_KEY: z.base64url().length(43).optional(),
  /** Largest request body, bytes. */
  MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(DEFAULT_MAX_BODY_BYTES),
  /** How long a drain may take after SIGTERM, milliseconds. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().nonnegative().default(10_000),
  /** Lines of a prediction that answers more than one call; up to 1, each call has its own. */
  BATCH_MAX_ROWS: z.coerce.number().int().nonnegative().default(1_000),
  /** How long calls wait for further ones, while they come side by side, milliseconds. */
  BATCH_MAX_DELAY_MS: z.coerce.number().int().nonnegative().default(0),
});

export type RunnerEnvironment = z.infer<typeof runnerEnvironmentSchema>;
