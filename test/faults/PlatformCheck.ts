import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { canonicalTrafficPlan } from '@model-platform/model-wire';
import {
  Deployment,
  EndpointToken,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { eventually, isAlive } from '../platform/Platform';
import { RunningPlatform } from '../platform/RunningPlatform';
import { hostView } from './hostView';
import { processesOf } from './processesOf';
import { RegistryCheck } from './RegistryCheck';
import { RegistryClient } from './RegistryClient';

/**
 * Whether a platform is whole, found out from outside: through its API, from
 * its files, and from the operating system.
 */
export class PlatformCheck {
  readonly registry: RegistryCheck;
  private readonly client: RegistryClient;

  constructor(private readonly platform: RunningPlatform) {
    this.client = new RegistryClient((route, init) =>
      platform.api(route, init),
    );
    this.registry = new RegistryCheck(this.client, (system, digest) => {
      const hex = digest.slice('sha256:'.length);
      const blob = path.join(
        ...[platform.dataDir, 'blobs', system, 'sha256', hex.slice(0, 2), hex],
      );
      return fs.statSync(blob, { throwIfNoEntry: false })?.size;
    });
  }

  /** What the registry holds: whole at any moment. */
  async registryProblems(): Promise<string[]> {
    return await this.registry.problems();
  }

  /** Waits until everything runs as it is wanted. @throws Error with what does not */
  async converged(timeoutMs = 120_000): Promise<void> {
    let problems: string[] = [];
    await eventually(
      'everything runs as it is wanted, and nothing else',
      async () => {
        problems = await this.runningProblems();
        return problems.length === 0;
      },
      timeoutMs,
    ).catch(error => {
      throw new Error(`${error}\n${problems.join('\n')}`);
    });
  }

  private async runningProblems(): Promise<string[]> {
    const problems: string[] = [];
    const { dataDir } = this.platform;
    const deployments = await this.client.all<Deployment>('v1/deployments');
    const { state, plan, gateway } = await hostView(dataDir);
    const routes = new Map(gateway.routes.map(one => [one.endpoint, one]));
    const wantedRunners: string[] = [];
    for (const deployment of deployments) {
      const { name, revision, servingRevision, phase, off } = deployment;
      const route = routes.get(name);
      routes.delete(name);
      if (off) {
        if (phase !== 'Off') problems.push(`${name} is ${phase}, not Off`);
        // Its route stays, so that callers are told that it is off.
        if (route && route.runners.length > 0)
          problems.push(`${name} is off, but its route goes to a runner`);
        continue;
      }
      if (phase !== 'Ready') problems.push(`${name} is ${phase}, not Ready`);
      const wanted = revision?.variants.map(variant => [
        variant.name,
        String(variant.version),
        variant.weight,
      ]);
      const planned = plan.deployments[name]?.route;
      const told = planned?.variants.map(variant => [
        variant.name,
        variant.labels.version,
        variant.weight,
      ]);
      if (
        servingRevision !== revision?.number ||
        route?.revision !== revision?.number
      )
        problems.push(
          `${name}: revision ${revision?.number} is wanted, ${servingRevision} is said to serve, ${route?.revision} has the route`,
        );
      if (JSON.stringify(wanted) !== JSON.stringify(told))
        problems.push(
          `${name}: variants ${JSON.stringify(
            wanted,
          )} are wanted, the route has ${JSON.stringify(told)}`,
        );
      if (
        planned &&
        route?.hash !==
          createHash('sha256')
            .update(canonicalTrafficPlan(planned))
            .digest('hex')
      )
        problems.push(`${name}: the gateway has another route than the host`);
      const said = deployment.runners.map(({ id, pid }) => `${id} (${pid})`);
      const known = (state.deployments[name]?.runners ?? []).map(
        ({ id, pid }) => `${id} (${pid})`,
      );
      if (!sameItems(said, known))
        problems.push(`${name} tells of runners ${said}, the host of ${known}`);
      problems.push(...(await this.tokenProblems(name, planned?.tokens ?? [])));
      const runners = planned?.variants.flatMap(one => one.runners) ?? [];
      wantedRunners.push(...runners);
      if (!sameItems(runners, route?.runners ?? []))
        problems.push(
          `${name}: runners ${runners} are planned, the gateway knows ${route?.runners}`,
        );
    }
    for (const name of routes.keys())
      problems.push(`the gateway has a route of ${name}, which nobody wants`);

    const runners = Object.values(state.deployments).flatMap(
      deployment => deployment.runners,
    );
    if (
      !sameItems(
        wantedRunners,
        runners.map(({ id }) => id),
      )
    )
      problems.push(
        `runners ${wantedRunners} are routed to, the host has ${runners.map(
          ({ id, phase }) => `${id} (${phase})`,
        )}`,
      );
    for (const { id, pid, phase } of runners)
      if (phase !== 'ready' || !pid || !isAlive(pid))
        problems.push(`runner ${id} (${pid}) is ${phase}`);
    problems.push(
      ...this.processProblems(
        runners.map(({ pid }) => pid ?? 0),
        state.gateway.pid ?? 0,
        state.pid,
      ),
    );
    return problems;
  }

  /** Each process once: no second copy, none that nobody knows. */
  private processProblems(
    runners: number[],
    gateway: number,
    host: number,
  ): string[] {
    const { dataDir, portalPids } = this.platform;
    const found = processesOf(dataDir);
    if (!found) return [];
    const wanted = {
      runners,
      gateways: [gateway],
      hosts: [host],
      portals: portalPids,
    };
    return Object.entries(wanted).flatMap(([kind, pids]) => {
      const running = found[kind as keyof typeof found];
      return sameItems(running.map(String), pids.map(String))
        ? []
        : [`${kind} ${pids} are known, ${running} are running`];
    });
  }

  private async tokenProblems(
    name: string,
    planned: Array<{ id: string }>,
  ): Promise<string[]> {
    const { items } = await this.client.get<Page<EndpointToken>>(
      `v1/endpoints/${name}/tokens`,
    );
    const isLive = ({ revokedAt, expiresAt }: EndpointToken) =>
      !revokedAt && !(expiresAt && Date.parse(expiresAt) <= Date.now());
    const live = items.filter(isLive).map(({ id }) => id);
    const has = planned.map(({ id }) => id);
    return sameItems(live, has)
      ? []
      : [`${name}: tokens ${live} are good, the gateway was given ${has}`];
  }
}

function sameItems(left: string[], right: string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}
