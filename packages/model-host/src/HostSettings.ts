import { resolve } from 'node:path';
import { z } from 'zod';

/** The environment variables that the host is started with. */
export const hostEnvironmentSchema = z.object({
  MODEL_PLATFORM_DATA_DIR: z.string().min(1),
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0 takes a free port and keeps to it as long as the data folder lives. */
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65535),
  /** Further names that the gateway answers under, separated by commas. */
  GATEWAY_ALLOWED_HOSTS: z.string().default(''),
  /** The interpreter that has the Python runner's dependencies. */
  PYTHON_RUNNER: z.string().min(1).optional(),
  /** Folder of the Python package `model_runner`. */
  MODEL_RUNNER_PYTHON_PATH: z.string().min(1).optional(),
  /** Why there is no Python runner, in words for people. */
  MODEL_PLATFORM_PYTHON_UNAVAILABLE: z.string().optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** How long a runner that is to end may take for its last calls, at least: as long as a call may, else. Milliseconds. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().nonnegative().default(10_000),
  /** How long fewer runners must be enough until some end, milliseconds. */
  SCALE_DOWN_MS: z.coerce.number().int().nonnegative().default(60_000),
  /** How long a runner may load its model, milliseconds. */
  START_TIMEOUT_MS: z.coerce.number().int().positive().default(60_000),
  /** As runners have them, which know what holds where these are absent. */
  BATCH_MAX_ROWS: z.coerce.number().int().nonnegative().optional(),
  BATCH_MAX_DELAY_MS: z.coerce.number().int().nonnegative().optional(),
  /** How long a runner may answer nothing at all, beyond the time that a call has, milliseconds. */
  HANG_GRACE_MS: z.coerce.number().int().nonnegative().default(5_000),
  /** `auto` takes the best that the machine allows; another one is demanded. */
  RUNNER_CONFINEMENT: z
    .enum(['auto', 'sandbox', 'user', 'none'])
    .default('auto'),
  /** Of the platform that runs as root: user ids for runners, one a system, which nobody else has. */
  RUNNER_USER_IDS: z
    .string()
    .regex(
      /^[1-9]\d*-[1-9]\d*$/,
      'must be a range of user ids, e.g. 60600-61099',
    )
    .default('60600-61099')
    .transform(range => {
      const [first, last] = range.split('-').map(Number);
      return { first, last };
    })
    .refine(
      ({ first, last }) => first <= last,
      'must not end before it begins',
    ),
});

/** What the host must know, with defaults filled in. */
export interface HostSettings {
  dataDir: string;
  gatewayHost: string;
  gatewayPort: number;
  gatewayAllowedHosts: string;
  /** The interpreter of the platform's own environment. */
  python: string | undefined;
  /** Folder of the Python package `model_runner`. */
  pythonPath: string;
  pythonUnavailable: string;
  logLevel: z.infer<typeof hostEnvironmentSchema>['LOG_LEVEL'];
  drainTimeoutMs: number;
  scaleDownMs: number;
  startTimeoutMs: number;
  batchMaxRows?: number;
  batchMaxDelayMs?: number;
  hangGraceMs: number;
  confinement: z.infer<typeof hostEnvironmentSchema>['RUNNER_CONFINEMENT'];
  runnerUserIds: { first: number; last: number };
}

/** @throws Error that names every variable that is wrong */
export function readHostSettings(
  environment: NodeJS.ProcessEnv,
  defaults: { pythonPath: string },
): HostSettings {
  const parsed = hostEnvironmentSchema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new Error(
      `The host's environment variables are wrong: ${problems.join('; ')}`,
    );
  }
  const { data } = parsed;
  return {
    dataDir: resolve(data.MODEL_PLATFORM_DATA_DIR),
    gatewayHost: data.GATEWAY_HOST,
    gatewayPort: data.GATEWAY_PORT,
    gatewayAllowedHosts: data.GATEWAY_ALLOWED_HOSTS,
    python: data.PYTHON_RUNNER,
    pythonPath: resolve(data.MODEL_RUNNER_PYTHON_PATH ?? defaults.pythonPath),
    pythonUnavailable:
      data.MODEL_PLATFORM_PYTHON_UNAVAILABLE ||
      'The Python runtime is not set up on this machine (PYTHON_RUNNER is not set)',
    logLevel: data.LOG_LEVEL,
    drainTimeoutMs: data.DRAIN_TIMEOUT_MS,
    scaleDownMs: data.SCALE_DOWN_MS,
    startTimeoutMs: data.START_TIMEOUT_MS,
    batchMaxRows: data.BATCH_MAX_ROWS,
    batchMaxDelayMs: data.BATCH_MAX_DELAY_MS,
    hangGraceMs: data.HANG_GRACE_MS,
    confinement: data.RUNNER_CONFINEMENT,
    runnerUserIds: data.RUNNER_USER_IDS,
  };
}
