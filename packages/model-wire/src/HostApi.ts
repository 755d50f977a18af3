import { z } from 'zod';
import { trafficPlanSchema } from './TrafficPlan';

/** How many of a variant's runners run: the same for all of them but `index`. */
export const scalingSchema = z.object({
  /** Those with the smallest ones run. */
  index: z.number().int().nonnegative(),
  /** 0: none as long as nobody calls. */
  min: z.number().int().nonnegative(),
  /** Calls that one runner shall answer at a time. */
  inFlight: z.number().positive(),
  /** How long nobody must have called before the last one ends, milliseconds. */
  idleMs: z.number().int().nonnegative(),
});
export type Scaling = z.infer<typeof scalingSchema>;

/**
 * The host is the local parent of gateway and runners. It is reached on a
 * loopback port with a bearer secret, both in `host/host.json` of the data
 * folder (mode 0600):
 *
 * | call | does |
 * |---|---|
 * | `GET /v1/state` | {@link HostState}; with `?endpoint=` of that deployment alone, of none where it names none |
 * | `PUT /v1/deployments/{endpoint}/runners` | `{ runners: RunnerSpec[] }`: these shall run. Others of the endpoint stay until released |
 * | `PUT /v1/deployments/{endpoint}/route` | a `TrafficPlan`; answers 200 once the gateway has it, 409 if a named runner is not ready. Without variants: switched off, which needs no runners |
 * | `POST /v1/deployments/{endpoint}/release` | `{ keep: string[] }`: all other runners of the endpoint are drained and stopped |
 * | `DELETE /v1/deployments/{endpoint}` | the route goes first, then the runners drain and stop |
 * | `GET /metrics` | `model_runner_restarts_total`, Prometheus text |
 * | `GET /v1/runners/{id}/logs?tail=100&follow=true` | JSON lines, oldest first; of stopped runners too, as long as their logs are kept. With `since` (RFC 3339) and `grep` (text, or `/expression/`) only the last of those |
 *
 * A change carries the lease number of the leader that asks for it, in the header
 * {@link FENCING_HEADER}; 412 where one with a larger number has been here.
 *
 * Every call is idempotent; the plan is on disk before it is acted on, so a
 * killed host goes on where it was.
 */
export const runnerSpecSchema = z.object({
  /** e.g. `iris-r3-main-0`; the same id is the same runner. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,120}$/),
  endpoint: z.string(),
  runtime: z.enum(['node', 'python']),
  /** Of Python: that of the version's own environment; the platform's where absent. */
  interpreter: z.string().optional(),
  /** Directory with `model.json` and `model/`. */
  directory: z.string(),
  variant: z.string(),
  version: z.number().int(),
  revision: z.number().int(),
  environment: z.string(),
  /** It gets copies of calls, and what it counts of them is no use of the model. */
  isShadow: z.boolean().optional(),
  maxBodyBytes: z.number().int().positive().optional(),
  /** What it may use; where absent, as much as there is. */
  resources: z
    .object({
      cpuCores: z.number().positive().optional(),
      memoryBytes: z.number().int().positive().optional(),
      gpus: z.number().int().nonnegative().optional(),
    })
    .optional(),
  /** How long a call may take at the gateway, milliseconds. */
  requestTimeoutMs: z.number().int().positive().optional(),
  /** Of a variant of which as many runners run as its calls need; absent where it always runs. */
  scaling: scalingSchema.optional(),
});
export type RunnerSpec = z.infer<typeof runnerSpecSchema>;

/** Of changes: the lease number of the leader that asks. */
export const FENCING_HEADER = 'x-model-platform-fencing';

export const hostPlanSchema = z.object({
  formatVersion: z.literal(1),
  /** Largest lease number of a leader that has changed it. */
  fencing: z.number().int().optional(),
  deployments: z.record(
    z.string(),
    z.object({
      runners: z.array(runnerSpecSchema),
      route: trafficPlanSchema.optional(),
    }),
  ),
});
export type HostPlan = z.infer<typeof hostPlanSchema>;

export interface HostRunnerState {
  id: string;
  endpoint: string;
  variant: string;
  version: number;
  revision: number;
  /**
   * `asleep`: it is not needed now, and starts as soon as calls ask for it; also
   * while it starts for them, which is told as `failed` where it fails.
   */
  phase: 'starting' | 'ready' | 'draining' | 'failed' | 'stopped' | 'asleep';
  /** Unexpected ends since the host first started it; kept across the host's own restarts. */
  restarts: number;
  message?: string;
  startedAt?: string;
  pid?: number;
  /** Of Python: what its process runs in, where that is no environment of the platform's own. */
  interpreter?: string;
  isShadow?: boolean;
  url?: string;
  secret?: string;
  /** For the collector: a bearer that opens `<url>/metrics` alone. */
  metricsSecret?: string;
}

export interface HostState {
  pid: number;
  gateway: {
    pid?: number;
    ready: boolean;
    /** Public base URL. */
    url: string;
    /** Base URL of the admin listener, with `/metrics`. */
    adminUrl?: string;
    adminSecret?: string;
    /** For the collector: a bearer that opens `<adminUrl>/metrics` alone. */
    metricsSecret?: string;
    restarts: number;
    /** Why it last ended, or why it cannot start. */
    message?: string;
  };
  /** `routeHash`: SHA-256 (hex) of `canonicalTrafficPlan` of the plan the gateway has. */
  deployments: Record<
    string,
    {
      runners: HostRunnerState[];
      /** Absent where the endpoint is switched off. */
      routedRevision?: number;
      routeHash?: string;
    }
  >;
  /** Folder of the Python runtime, with `requirements-runner.txt`. */
  pythonPath: string;
  /** What keeps runners apart from the platform and from each other. */
  confinement: {
    /**
     * `sandbox`: a file tree of their own, which has nothing of others.
     * `user`: a user of their own, to whom others' files are closed.
     * `none`: they can do whatever the platform's user can.
     */
    level: 'sandbox' | 'user' | 'none';
    /** Whether runners of different systems are different users, each of them. */
    ownUser: boolean;
    /** `group`: held by the kernel; `watched`: the host looks, and ends who has more. */
    memory: 'group' | 'watched';
    /** `group`: held by the kernel; `threads`: as many threads as cores asked for. */
    cpu: 'group' | 'threads';
    /** In words for people. */
    summary: string;
    /** Why it is no better. */
    reasons: string[];
  };
  /** What this machine cannot run, with the reason, e.g. `{ python: 'no Python …' }`. */
  unavailableRuntimes: Partial<Record<'node' | 'python', string>>;
}

/** `host/host.json` in the data folder. */
export interface HostAddress {
  pid: number;
  /** As the operating system tells it: makes a reused pid recognisable. */
  startTime: string;
  url: string;
  secret: string;
}
