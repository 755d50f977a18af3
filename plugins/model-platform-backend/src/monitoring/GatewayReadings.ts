import {
  EndpointScope,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { TargetRow } from './metricRows';

/** Up to when all that gateways have counted of an endpoint was read. */
export class GatewayReadings {
  /** That take calls, by the name of their driver; known where this process collects. */
  private readonly gateways = new Map<
    string,
    {
      environments: readonly string[];
      targets: Array<{ target: ScrapeTarget; since: number }>;
    }
  >();

  constructor(private readonly knex: Knex) {}

  /** What a driver names now: nothing is complete before all of it was read. */
  expect(
    driver: { name: string; environments: readonly string[] },
    targets: readonly ScrapeTarget[],
  ): void {
    const before = this.gateways.get(driver.name)?.targets;
    // What was there before anybody looked may have counted, what came since has counted since.
    const first = before ? Date.now() : 0;
    const known = new Map(
      before?.map(({ target, since }) => [target.id, since]),
    );
    this.gateways.set(driver.name, {
      environments: driver.environments,
      targets: targets
        .filter(({ kind, isAway }) => kind === 'gateway' && !isAway)
        .map(target => ({ target, since: known.get(target.id) ?? first })),
    });
  }

  /** Undefined where nobody knows. */
  async readOf({
    system,
    environment,
  }: EndpointScope): Promise<Date | undefined> {
    const own = [...this.gateways.values()]
      .filter(({ environments }) => environments.includes(environment))
      .flatMap(({ targets }) => targets)
      .filter(
        ({ target: { serves } }) =>
          !serves ||
          (serves.system === system && serves.environment === environment),
      );
    if (own.length === 0) return undefined;
    const rows = await this.knex<TargetRow>('metric_targets')
      .select('id', 'scraped_at')
      .whereIn(
        'id',
        own.map(({ target }) => target.id),
      );
    const readAt = new Map(rows.map(row => [row.id, Number(row.scraped_at)]));
    const at = Math.min(
      ...own.map(({ target, since }) => readAt.get(target.id) ?? since),
    );
    return at > 0 ? new Date(at) : undefined;
  }
}
