import {
  DEFAULT_MAX_BODY_BYTES,
  DesiredRevision,
  DesiredRoute,
  DesiredToken,
  ObservedDeployment,
  replicasOf,
} from '@model-platform/plugin-model-platform-node';
import { canaryOf } from '../canary/canaryOf';
import { TokenStore } from '../endpoints/TokenStore';
import { givenUpOf } from '../revisions/givenUpOf';
import { KnownRevisions } from '../revisions/KnownRevisions';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { DesiredRevisions } from './DesiredRevisions';
import { FencedDriver } from './fencedDriver';
import { isAlive } from './isAlive';
import { isReady } from './isReady';
import { isRepeatable } from './isRepeatable';

/** What gateways are told of revisions: who gets which calls, and whose calls they are. */
export class DesiredRoutes {
  /** Of each record that is being looked at: read once a look. */
  private readonly tokens = new WeakMap<
    DeploymentRecord,
    Promise<DesiredToken[]>
  >();

  constructor(
    private readonly options: {
      tokens: TokenStore;
      desired: DesiredRevisions;
      revisions: KnownRevisions;
    },
  ) {}

  /** All traffic to one revision, but for the share of the one that is tried beside it. */
  async to(
    driver: FencedDriver,
    record: DeploymentRecord,
    number: number,
    observed: ObservedDeployment,
  ): Promise<DesiredRoute> {
    const { desired, revisions } = this.options;
    const own = await desired.get(
      record,
      await revisions.require(record, number),
    );
    const beside = await this.triedBeside(record, number, observed);
    const share = beside ? beside.weight / 100 : 0;
    const timeouts = [own, beside?.desired].flatMap(
      one => one?.timeoutSeconds ?? [],
    );
    return {
      revision: number,
      environment: own.environment,
      timeoutSeconds: timeouts.length > 0 ? Math.max(...timeouts) : undefined,
      concurrentCalls: own.concurrentCalls,
      maxBodyBytes: largestBody(own, beside?.desired),
      stickiness: own.stickiness,
      variants: [
        ...variantsOf(driver, own, 1 - share, observed),
        ...(beside
          ? variantsOf(driver, beside.desired, share, observed).map(
              variant => ({
                ...variant,
                // Callers that stay with a variant are shared out by its name.
                name: `${variant.name}@${beside.desired.revision}`,
                beside: {
                  revision: beside.desired.revision,
                  variant: variant.name,
                },
              }),
            )
          : []),
      ],
      tokens: await this.liveTokens(record),
    };
  }

  /** Of a deployment that is switched off. */
  async nowhere(record: DeploymentRecord): Promise<DesiredRoute> {
    return {
      revision: record.revision ?? 0,
      environment: record.environment,
      variants: [],
      tokens: await this.liveTokens(record),
    };
  }

  private liveTokens(record: DeploymentRecord): Promise<DesiredToken[]> {
    const known =
      this.tokens.get(record) ??
      this.options.tokens.live(record.id, new Date());
    this.tokens.set(record, known);
    return known;
  }

  /** A revision that is not ready gets no traffic meanwhile. */
  private async triedBeside(
    record: DeploymentRecord,
    stable: number,
    observed: ObservedDeployment,
  ): Promise<{ desired: DesiredRevision; weight: number } | undefined> {
    const canary = canaryOf(record);
    if (
      !canary ||
      canary.phase === 'rolled-back' ||
      givenUpOf(record) ||
      canary.stableRevision !== stable
    ) {
      return undefined;
    }
    const { revisions } = this.options;
    const desired = await this.options.desired.get(
      record,
      await revisions.require(record, canary.revision),
    );
    return isReady(desired, observed)
      ? { desired, weight: canary.weight }
      : undefined;
  }
}

/** What either of them takes goes through; undefined where neither says. */
function largestBody(...revisions: Array<DesiredRevision | undefined>) {
  const said = revisions.flatMap(revision => revision ?? []);
  return said.some(({ maxBodyBytes }) => maxBodyBytes !== undefined)
    ? Math.max(
        ...said.map(
          ({ maxBodyBytes = DEFAULT_MAX_BODY_BYTES }) => maxBodyBytes,
        ),
      )
    : undefined;
}

/** Variants of a revision with their shares of what it gets. */
function variantsOf(
  driver: FencedDriver,
  desired: DesiredRevision,
  share: number,
  observed: ObservedDeployment,
): DesiredRoute['variants'] {
  return desired.variants.map(variant => ({
    ...variant,
    // Equal shares are equal numbers, whichever way they were computed.
    weight: Math.round(variant.weight * share * 1e6) / 1e6,
    version: variant.version.number,
    isRepeatable: isRepeatable(variant.version),
    // Elsewhere a `0` of a version counts as 1: nothing would start what calls wait for.
    sleeps:
      (driver.scalesToZero &&
        replicasOf(desired.resources, variant).min === 0) ||
      undefined,
    runners: observed.runners
      .filter(
        runner =>
          runner.revision === desired.revision &&
          runner.variant === variant.name &&
          isAlive(runner),
      )
      .map(runner => runner.id)
      .sort(),
  }));
}
