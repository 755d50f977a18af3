import { isDeepStrictEqual } from 'node:util';
import {
  GatewayEnvironment,
  GatewayLoad,
  GatewayRoute,
  GatewayRouteState,
  HostState,
} from '@model-platform/model-wire';
import { cleanEnvironment } from './cleanEnvironment';
import { DataFolder } from './DataFolder';
import { GatewayClient } from './GatewayClient';
import { HostSettings } from './HostSettings';
import { lastingSecret } from './lastingSecret';
import { pause } from './pause';
import { programPath } from './programPath';
import { metricsSecretOf, ProcessRecord, StateFile } from './StateFile';
import { Launch, Supervisor } from './Supervisor';

/** Key of the gateway's records; no runner's id looks like it. */
export const GATEWAY_ID = '#gateway';
const START_TIMEOUT_MS = 30_000;
/** Of a host that ends: all of it must be over within 5 s. */
const FINAL_DRAIN_MS = 2_000;
/** Between two looks whether a runner has calls; they become rarer. */
const FIRST_LOOK_MS = 20;
const MAX_LOOK_MS = 1_000;
/** Told without waiting for news. */
const NOW = { seen: -1, waitMs: 0 };

export interface GatewayProcessOptions {
  settings: HostSettings;
  folder: DataFolder;
  state: StateFile;
  /** All routes as they shall be now. */
  routes(): GatewayRoute[];
  /** Before it, the routes would lack runners that have served all the time. */
  settled: Promise<void>;
  onEnd(reason: string): void;
}

/** A route that the gateway has. */
interface KnownRoute {
  sent: GatewayRoute;
  state: GatewayRouteState;
}

/** The gateway's process, with the routes it has. */
export class GatewayProcess {
  readonly #options: GatewayProcessOptions;
  readonly #client = new GatewayClient();
  readonly #supervisor: Supervisor;
  readonly #requestIdSecret: string;
  /** Of the process with this pid: a new one knows nothing. */
  #known: { pid: number; routes: Map<string, KnownRoute> } | undefined;
  #pushing: Promise<unknown> = Promise.resolve();
  /** The push that has not begun yet. */
  #next: Promise<boolean> | undefined;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    this.#requestIdSecret = lastingSecret(options.folder.requestIdKeyFile);
    this.#supervisor = new Supervisor(
      {
        id: GATEWAY_ID,
        purpose: `${options.settings.gatewayHost}:${options.settings.gatewayPort}`,
        logFile: options.folder.gatewayLog,
        backoffMs: 0,
        startTimeoutMs: START_TIMEOUT_MS,
        launch: record => this.#launch(record),
        probe: (record, signal) => this.#probe(record, signal),
        prove: async record => {
          try {
            return (await this.#client.state(record)).url !== '';
          } catch {
            return false;
          }
        },
        onChange: () => {},
        onEnd: reason => {
          this.#known = undefined;
          options.onEnd(reason);
        },
      },
      options.state,
    );
  }

  get state(): HostState['gateway'] {
    const { pid, record, restarts, message, isReady } = this.#supervisor;
    const { gatewayHost, gatewayPort } = this.#options.settings;
    const port = gatewayPort || this.#options.state.publicPort || 0;
    return {
      pid,
      ready: isReady,
      url: `http://${
        gatewayHost.includes(':') ? `[${gatewayHost}]` : gatewayHost
      }:${port}`,
      adminUrl: record && `http://127.0.0.1:${record.port}`,
      adminSecret: record?.secret,
      metricsSecret: record && metricsSecretOf(record),
      restarts,
      message,
    };
  }

  /** What the gateway has, not what it shall have. */
  route(endpoint: string): { revision: number; hash: string } | undefined {
    return this.#known?.routes.get(endpoint)?.state;
  }

  start(): void {
    this.#supervisor.start();
  }

  async stop(): Promise<void> {
    await this.#supervisor.retire({ timeoutMs: FINAL_DRAIN_MS + 500 });
  }

  /**
   * Gives it the routes as they are by now. False if it is not there to take
   * them: it gets them all when it is.
   */
  async push(): Promise<boolean> {
    // Whoever comes while one is under way shares the one that follows it.
    this.#next ??= this.#pushAfter(this.#pushing);
    this.#pushing = this.#next;
    return this.#next;
  }

  async #pushAfter(before: Promise<unknown>): Promise<boolean> {
    await before;
    await this.#options.settled;
    this.#next = undefined;
    const { record, pid } = this.#supervisor;
    if (!record || pid === undefined) {
      return false;
    }
    try {
      const routes = this.#options.routes();
      if (this.#known?.pid === pid) {
        await this.#sendChanges(record, this.#known.routes, routes);
      } else {
        this.#known = { pid, routes: await this.#sendAll(record, routes) };
      }
      return true;
    } catch {
      this.#known = undefined;
      return false;
    }
  }

  async #sendAll(
    record: ProcessRecord,
    routes: GatewayRoute[],
  ): Promise<Map<string, KnownRoute>> {
    const { routes: states } = await this.#client.putAll(record, routes);
    const sent = new Map(routes.map(route => [route.endpoint, route]));
    const known = new Map<string, KnownRoute>();
    for (const state of states) {
      const route = sent.get(state.endpoint);
      if (route) {
        known.set(state.endpoint, { sent: route, state });
      }
    }
    return known;
  }

  /** A route is work for who answers calls: it gets those alone that differ. */
  async #sendChanges(
    record: ProcessRecord,
    known: Map<string, KnownRoute>,
    routes: GatewayRoute[],
  ): Promise<void> {
    const gone = new Set(known.keys());
    for (const sent of routes) {
      const { endpoint } = sent;
      gone.delete(endpoint);
      if (!isDeepStrictEqual(known.get(endpoint)?.sent, sent)) {
        const state = await this.#client.put(record, sent);
        known.set(endpoint, { sent, state });
      }
    }
    for (const endpoint of gone) {
      await this.#client.delete(record, endpoint);
      known.delete(endpoint);
    }
  }

  /** What its calls are like; undefined where it is not there. */
  async load(seen: number, waitMs: number): Promise<GatewayLoad | undefined> {
    const { record } = this.#supervisor;
    try {
      return record && (await this.#client.load(record, { seen, waitMs }));
    } catch {
      return undefined;
    }
  }

  /** Until no request is in flight at the runner, or the signal. */
  async drained(runner: string, signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_LOOK_MS;
    while (!signal.aborted) {
      const { record } = this.#supervisor;
      try {
        const load = record && (await this.#client.load(record, NOW));
        if (!load?.inFlight[runner]) {
          return;
        }
      } catch {
        // Without a gateway nothing is in flight through it.
        return;
      }
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 1.5, MAX_LOOK_MS);
    }
  }

  async #probe(
    record: ProcessRecord,
    signal: AbortSignal,
  ): Promise<'ready' | 'notReady' | 'unknown'> {
    try {
      const state = await this.#client.state(record, signal);
      this.#options.state.setPublicPort(Number(new URL(state.url).port));
      if (this.#known?.pid === state.pid && state.planned) {
        return 'ready';
      }
    } catch {
      return this.#supervisor.isReady ? 'unknown' : 'notReady';
    }
    return (await this.push()) ? 'ready' : 'notReady';
  }

  #launch(record: ProcessRecord): Launch {
    const { settings, state } = this.#options;
    const variables: { [Name in keyof GatewayEnvironment]: string } = {
      GATEWAY_HOST: settings.gatewayHost,
      GATEWAY_PORT: String(settings.gatewayPort || state.publicPort || 0),
      GATEWAY_ALLOWED_HOSTS: settings.gatewayAllowedHosts,
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(record.port),
      ADMIN_SECRET: record.secret,
      METRICS_SECRET: metricsSecretOf(record),
      REQUEST_ID_SECRET: this.#requestIdSecret,
      LOG_LEVEL: settings.logLevel,
      DRAIN_TIMEOUT_MS: String(FINAL_DRAIN_MS),
    };
    return {
      command: process.execPath,
      args: [
        '--max-semi-space-size=32',
        programPath('@model-platform/model-gateway'),
      ],
      env: { ...cleanEnvironment(), ...variables },
      cwd: this.#options.folder.host,
    };
  }
}
