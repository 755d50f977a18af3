import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { canonicalTrafficPlan } from '@model-platform/model-wire';
import {
  Deployment,
  EndpointToken,
  HistoryEntry,
  Model,
  ModelVersion,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { eventually, isAlive, Platform } from '../platform/Platform';
import { hostView } from './hostView';
import { processesOf } from './processesOf';

/**
 * Whether a platform is whole, found out from outside: through its API, from
 * its files, and from the operating system.
 */
export class PlatformCheck {
  /** Files that were downloaded and hashed once; their blobs are compared after that. */
  private readonly seen = new Set<string>();
  versions = 0;
  bytes = 0;

  constructor(private readonly platform: Platform) {}

  /** What the registry holds: whole at any moment. */
  async registryProblems(): Promise<string[]> {
    const problems: string[] = [];
    this.versions = 0;
    for (const model of await this.all<Model>('v1/models')) {
      const versions = await this.all<ModelVersion>(
        `v1/models/${model.slug}/versions`,
      );
      const numbers = versions.map(({ number }) => number);
      if (new Set(numbers).size !== numbers.length)
        problems.push(`${model.slug} has a number twice: ${numbers}`);
      const ready = versions.filter(({ status }) => status === 'ready');
      this.versions += ready.length;
      const manifests = new Map<string, number>();
      for (const { manifestDigest, number } of ready) {
        const other = manifests.get(manifestDigest);
        if (other !== undefined)
          problems.push(
            `versions ${other} and ${number} of ${model.slug} are the same`,
          );
        manifests.set(manifestDigest, number);
      }
      for (const [alias, number] of Object.entries(model.aliases))
        if (!ready.some(version => version.number === number))
          problems.push(
            `alias ${alias} of ${model.slug} points to ${number}, which is not ready`,
          );
      const published = (
        await this.all<HistoryEntry>(`v1/models/${model.slug}/history`)
      )
        .filter(({ action }) => action === 'published')
        .map(({ details }) => details?.version);
      for (const version of ready) {
        const entries = published.filter(
          number => number === version.number,
        ).length;
        if (entries !== 1)
          problems.push(
            `the history of ${model.slug} tells ${entries} times that ${version.number} was published`,
          );
        problems.push(...(await this.fileProblems(model, version)));
      }
      for (const number of published)
        if (!ready.some(version => version.number === number))
          problems.push(
            `the history of ${model.slug} tells of version ${number}, which is not ready`,
          );
    }
    return problems;
  }

  /** Waits until everything runs as it is wanted. @throws Error with what does not */
  async converged(timeoutMs = 60_000): Promise<void> {
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
    const deployments = await this.all<Deployment>('v1/deployments');
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
    const { dataDir, quickstart } = this.platform;
    const found = processesOf(dataDir);
    if (!found) return [];
    const wanted = {
      runners,
      gateways: [gateway],
      hosts: [host],
      portals: [quickstart.pids.portal],
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
    const { items } = await this.get<Page<EndpointToken>>(
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

  /** The first time as everybody gets them, from then on from the disk. */
  private async fileProblems(
    model: Model,
    version: ModelVersion,
  ): Promise<string[]> {
    const problems: string[] = [];
    for (const file of version.files) {
      const key = `${version.id} ${file.path}`;
      const name = `${file.path} of version ${version.number} of ${model.slug}`;
      if (this.seen.has(key)) {
        const hex = file.digest.slice('sha256:'.length);
        const blob = path.join(
          this.platform.dataDir,
          'blobs',
          model.system,
          'sha256',
          hex.slice(0, 2),
          hex,
        );
        const size = fs.statSync(blob, { throwIfNoEntry: false })?.size;
        if (size !== file.sizeBytes)
          problems.push(`${name} has ${size} bytes, not ${file.sizeBytes}`);
        continue;
      }
      const response = await this.platform.api(
        `v1/models/${model.slug}/versions/${version.number}/files/${file.path}`,
      );
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      const digest = `sha256:${hash.digest('hex')}`;
      if (response.status !== 200 || digest !== file.digest)
        problems.push(
          `${name}: ${response.status}, ${bytes} bytes with ${digest}, not ${file.digest}`,
        );
      this.bytes += bytes;
      this.seen.add(key);
    }
    return problems;
  }

  private async all<T>(route: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({
        limit: '100',
        ...(cursor ? { cursor } : {}),
      });
      const page = await this.get<Page<T>>(`${route}?${query}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return items;
  }

  private async get<T>(route: string): Promise<T> {
    const response = await this.platform.api(route);
    if (!response.ok)
      throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return await response.json();
  }
}

function sameItems(left: string[], right: string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}
