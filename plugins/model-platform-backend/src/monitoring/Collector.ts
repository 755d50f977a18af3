import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import {
  DeploymentDriver,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import pLimit from 'p-limit';
import { DatabaseMetricsStore } from './DatabaseMetricsStore';
import { MAX_SERIES, ownerKey, ownerOf, ScrapedSample } from './Scrape';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { parsePrometheusText } from './parsePrometheusText';
import { selectSamples, startTimeOf } from './selectSamples';
import { TargetReader } from './TargetReader';

const MAX_CONCURRENT = 8;
const CLEAN_EVERY_MS = 600_000;

/** The lease, as far as the collector needs it. */
export interface CollectorLease {
  hold(): Promise<number | undefined>;
  requireHeld(tx: Knex, fencing: number): Promise<void>;
}

/** Reads gateway and runners every few seconds, where this process leads. */
export class Collector {
  private readonly reader = new TargetReader();

  private readonly limit = pLimit(MAX_CONCURRENT);

  /** Targets that fail are told of once, not every few seconds. */
  private readonly failing = new Set<string>();

  private cleanAt = 0;

  constructor(
    private readonly options: {
      store: DatabaseMetricsStore;
      catalogue: MetricCatalogue;
      drivers: () => DeploymentDriver[];
      /** Whose deployments a driver runs. */
      environmentsOf: (driver: DeploymentDriver) => string[];
      lease: CollectorLease;
      logger: LoggerService;
      intervalMs: number;
    },
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = Date.now();
      try {
        const fencing = await this.options.lease.hold();
        if (fencing !== undefined) {
          await this.collect(fencing);
        }
      } catch (error) {
        this.options.logger.error(`Metrics could not be collected: ${error}`);
      }
      const rest = this.options.intervalMs - (Date.now() - startedAt);
      await sleep(Math.max(rest, 100), undefined, { signal }).catch(() => {});
    }
  }

  /** Reads each target once. */
  async collect(fencing: number): Promise<void> {
    const { store, logger, environmentsOf } = this.options;
    const targets: ScrapeTarget[] = [];
    for (const driver of this.options.drivers()) {
      try {
        const named = await driver.scrapeTargets();
        targets.push(...named);
        store.expect(
          { name: driver.name, environments: environmentsOf(driver) },
          named,
        );
        this.failing.delete(driver.name);
      } catch (error) {
        this.tellOnce(
          driver.name,
          `The driver ${driver.name} names no targets: ${messageOf(error)}`,
        );
      }
    }
    await Promise.all(
      targets.map(target =>
        this.limit(async () => await this.scrape(target, fencing)),
      ),
    );
    if (Date.now() > this.cleanAt) {
      this.cleanAt = Date.now() + CLEAN_EVERY_MS;
      await store.clean(new Date());
      logger.debug('Old metrics were dropped');
    }
  }

  private async scrape(target: ScrapeTarget, fencing: number): Promise<void> {
    const { store, catalogue, lease } = this.options;
    try {
      const text = await this.reader.read(target);
      const { samples: exposed } = parsePrometheusText(text);
      const samples = selectSamples(exposed, target, catalogue);
      const { kept, leftOut } = bounded(samples);
      const notKept = await store.write(
        {
          target: target.id,
          at: new Date(),
          startedAt: startTimeOf(exposed),
          samples: kept,
        },
        tx => lease.requireHeld(tx, fencing),
      );
      this.failing.delete(target.id);
      for (const owner of new Set([...leftOut.keys(), ...notKept.keys()])) {
        const dropped = (leftOut.get(owner) ?? 0) + (notKept.get(owner) ?? 0);
        this.tellOnce(
          `${target.id} dropped ${owner}`,
          `${dropped} samples of ${ownerInWords(owner)} at ${
            target.id
          } were not kept: it has too many series. Do its metrics have a label with unbounded values?`,
        );
      }
    } catch (error) {
      this.tellOnce(
        target.id,
        `${target.id} could not be read: ${messageOf(error)}`,
      );
    }
  }

  private tellOnce(key: string, message: string): void {
    if (!this.failing.has(key)) {
      this.failing.add(key);
      this.options.logger.warn(message);
    }
  }
}

/** By its key. */
function ownerInWords(owner: string): string {
  const [system, endpoint, revision] = JSON.parse(owner);
  if (!endpoint) return system ? `the system ${system}` : 'no endpoint';
  return revision ? `revision ${revision} of ${endpoint}` : endpoint;
}

/** The first samples of each owner. */
function bounded(samples: ScrapedSample[]): {
  kept: ScrapedSample[];
  leftOut: Map<string, number>;
} {
  const counts = new Map<string, number>();
  const leftOut = new Map<string, number>();
  const kept = samples.filter(sample => {
    const owner = ownerKey(ownerOf(sample));
    const count = counts.get(owner) ?? 0;
    if (count >= MAX_SERIES) {
      leftOut.set(owner, (leftOut.get(owner) ?? 0) + 1);
      return false;
    }
    counts.set(owner, count + 1);
    return true;
  });
  return { kept, leftOut };
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
