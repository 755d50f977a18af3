import { GatewayRoute, variantKey } from '@model-platform/model-wire';
import { GatewayMetrics } from './GatewayMetrics';
import { RepeatBudget } from './RepeatBudget';
import { Route } from './Route';
import { RunnerConnection } from './RunnerConnection';
import { WaitingRoom } from './WaitingRoom';

/** All routes of a gateway. A route is swapped as a whole between two requests. */
export class RouteTable {
  readonly #metrics: GatewayMetrics;
  readonly #routes = new Map<string, Route>();
  readonly #connections = new Map<string, RunnerConnection>();
  /** Calls that wait for a runner. */
  readonly waiting = new WaitingRoom();
  #planned = false;

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics;
  }

  /** Whether a full plan has arrived. Until then an unknown endpoint may just not be known yet. */
  get isPlanned(): boolean {
    return this.#planned;
  }

  get(endpoint: string): Route | undefined {
    return this.#routes.get(endpoint);
  }

  values(): Iterable<Route> {
    return this.#routes.values();
  }

  /** Requests in flight per runner, of runners that no route names any more too. */
  inFlight(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { runner, inFlight } of this.#connections.values()) {
      counts[runner] = (counts[runner] ?? 0) + inFlight;
    }
    return counts;
  }

  /** Calls times how long they have been at each runner, milliseconds. */
  busyMs(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const connection of this.#connections.values()) {
      const { runner } = connection;
      sums[runner] = (sums[runner] ?? 0) + connection.busyMs();
    }
    return sums;
  }

  put(route: GatewayRoute): Route {
    const previous = this.#routes.get(route.endpoint);
    const compiled = new Route(
      route,
      route.variants.map((variant, place) => {
        const key = variantKey(variant.labels);
        const before = previous?.variants.find(known => known.key === key);
        return {
          key,
          index: route.variants
            .slice(0, place)
            .filter(({ labels }) => labels.revision === variant.labels.revision)
            .length,
          revision: Number(variant.labels.revision),
          name: variant.name,
          version: variant.labels.version,
          weight: variant.weight,
          repeats: variant.isRepeatable
            ? before?.repeats ?? new RepeatBudget()
            : undefined,
          metrics: this.#metrics.calls(variant.labels),
          runners: variant.runners
            .filter(id => route.upstreams[id])
            .map(id => this.#connection(route.upstreams[id])),
          held: variant.held,
          shadow: variant.shadowShare
            ? {
                share: variant.shadowShare,
                metrics: this.#metrics.copies(variant.labels),
              }
            : undefined,
        };
      }),
      previous,
    );
    // First the new one: what both use must not be closed in between.
    compiled.retain();
    this.#routes.set(route.endpoint, compiled);
    previous?.release();
    this.waiting.resume(compiled.endpoint, waiter =>
      compiled.variants.every(
        ({ key, runners }) => runners.length > 0 || key !== waiter.key,
      ),
    );
    return compiled;
  }

  putAll(routes: GatewayRoute[]): void {
    const wanted = new Set(routes.map(({ endpoint }) => endpoint));
    for (const route of routes) {
      this.put(route);
    }
    for (const endpoint of [...this.#routes.keys()]) {
      if (!wanted.has(endpoint)) {
        this.delete(endpoint);
      }
    }
    this.#planned = true;
  }

  delete(endpoint: string): void {
    const route = this.#routes.get(endpoint);
    this.#routes.delete(endpoint);
    route?.release();
    this.waiting.resume(endpoint, () => true);
  }

  /** Whether the token is good for some other endpoint. */
  isTokenOfAnother(hash: string): boolean {
    for (const route of this.#routes.values()) {
      if (route.token(hash)) {
        return true;
      }
    }
    return false;
  }

  #connection(upstream: GatewayRoute['upstreams'][string]): RunnerConnection {
    const key = RunnerConnection.key(upstream);
    let connection = this.#connections.get(key);
    if (!connection) {
      connection = new RunnerConnection(upstream, idle => {
        // By now there may be another one to the same runner.
        if (this.#connections.get(key) === idle) {
          this.#connections.delete(key);
        }
      });
      this.#connections.set(key, connection);
    }
    return connection;
  }
}
