import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { DesiredRoutes } from './DesiredRoutes';
import { FencedDriver } from './fencedDriver';

/** Lets gateways send calls to revisions. */
export class Traffic {
  constructor(private readonly routes: DesiredRoutes) {}

  /**
   * What the gateway does now, with today's tokens: whatever holds up the work
   * on runners, a token that was revoked is not good any more.
   */
  async refresh(
    driver: FencedDriver,
    record: DeploymentRecord,
    observed: ObservedDeployment,
  ): Promise<ObservedDeployment> {
    if (observed.routedRevision === undefined) {
      return observed;
    }
    const ref = { name: record.name };
    const route = await this.routes.to(
      driver,
      record,
      observed.routedRevision,
      observed,
    );
    if (observed.routeDigest === driver.routeDigest(ref, route)) {
      return observed;
    }
    await driver.route(ref, route);
    return await driver.observe(ref);
  }

  /** From now on to this revision. */
  async sendTo(
    driver: FencedDriver,
    record: DeploymentRecord,
    revision: number,
    observed: ObservedDeployment,
  ): Promise<void> {
    await driver.route(
      { name: record.name },
      await this.routes.to(driver, record, revision, observed),
    );
  }
}
