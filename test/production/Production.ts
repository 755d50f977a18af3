import { ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HostState } from '@model-platform/model-wire';
import { CuttableProxy } from '../../plugins/model-platform-backend/src/__testUtils__/CuttableProxy';
import { eventually, freePort, root } from '../platform/Platform';
import { hostState } from '../faults/hostView';
import { NewVersion } from '../faults/NewVersion';
import { RegistryClient } from '../faults/RegistryClient';
import { OidcIssuer } from './OidcIssuer';
import { Portal, writeConfig } from './Portal';

const secret = () => randomBytes(24).toString('base64url');
const BUCKET = 'models';
const PREFIX = 'portal';
const SYSTEM = 'plant-catalogue';

interface Service {
  stop(): Promise<void>;
}

/**
 * Portals as `app-config.production.yaml` has them: one PostgreSQL, one bucket
 * in S3, both behind connections that can be cut.
 */
export class Production {
  readonly portals: Portal[] = [];
  readonly token = `ci_${secret()}`;
  private readonly folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-production-'),
  );
  private readonly services: Service[] = [];
  private environment: Record<string, string> = {};
  database!: CuttableProxy;
  s3!: CuttableProxy;
  private objects = '';
  private host: ChildProcess | undefined;

  constructor(
    private readonly options: {
      /** What the token may do there; publish where absent. */
      actions?: string[];
      /** Configuration files over the production's. */
      configs?: string[];
      settings?: object;
    } = {},
  ) {}

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  /** @returns why there is none, where a service is not to be had. */
  async start(): Promise<string | undefined> {
    const { startPostgres } = await import('../services/postgres.mjs');
    const { startS3 } = await import('../services/s3.mjs');
    const postgres = await startPostgres();
    if (!postgres.connectionString) return postgres.unavailable;
    this.services.push(postgres);
    const s3 = await startS3({ buckets: [BUCKET] });
    if (!s3.endpoint) return s3.unavailable;
    this.services.push(s3);
    this.objects = path.join(s3.folder, BUCKET, PREFIX);
    const client = { id: 'portal', secret: secret() };
    const issuer = await OidcIssuer.start(client);
    this.database = await CuttableProxy.start(postgres.connectionString);
    this.s3 = await CuttableProxy.start(s3.endpoint);
    this.services.push(issuer, this.database, this.s3);
    this.environment = {
      ORGANIZATION_NAME: 'Botanists',
      ORGANIZATION_FILE: path.join(root, 'test/production/organisation.yaml'),
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: new URL(this.database.url).port,
      POSTGRES_USER: new URL(postgres.connectionString).username,
      POSTGRES_PASSWORD: secret(),
      SESSION_SECRET: secret(),
      OIDC_METADATA_URL: issuer.metadataUrl,
      OIDC_CLIENT_ID: client.id,
      OIDC_CLIENT_SECRET: client.secret,
      MODEL_PLATFORM_DATA_DIR: this.dataDir,
      GATEWAY_URL: 'https://endpoints.example.test',
      ARTIFACTS_TYPE: 's3',
      S3_BUCKET: BUCKET,
      S3_ENDPOINT: this.s3.url,
      S3_PREFIX: PREFIX,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    };
    return undefined;
  }

  /** Size of a blob, as S3 keeps it. */
  storedBytes(system: string, digest: string): number | undefined {
    const hex = digest.slice('sha256:'.length);
    const file = path.join(
      ...[this.objects, system, 'sha256', hex.slice(0, 2), hex],
    );
    return fs.statSync(file, { throwIfNoEntry: false })?.size;
  }

  /** The registry by one of the portals. */
  clientOf(portal: () => Portal): RegistryClient {
    return new RegistryClient((route, init) =>
      portal().api(`model-platform/${route}`, this.token, init),
    );
  }

  /** One more portal, once it answers and knows the organisation. */
  async startPortal(): Promise<Portal> {
    const { actions, configs = [], settings } = this.options;
    const own = writeConfig(this.folder, 'own.yaml', {
      modelPlatform: {
        ...settings,
        publishers: [
          {
            name: 'CI',
            tokenHash: createHash('sha256').update(this.token).digest('hex'),
            grants: [
              {
                actions: actions ?? ['read', 'publish', 'archive'],
                systems: [SYSTEM],
              },
            ],
          },
        ],
      },
    });
    const portal = new Portal({
      configs: [path.join(root, 'app-config.production.yaml'), ...configs, own],
      environment: this.environment,
      port: await freePort(),
      publicUrl: 'https://models.example.test',
    });
    this.portals.push(portal);
    await portal.ready();
    return portal;
  }

  /** The parent of gateway and runners, which the portals of this machine share. */
  async startHost(): Promise<HostState> {
    fs.mkdirSync(this.dataDir, { recursive: true });
    this.host = spawn(
      process.execPath,
      [path.join(root, 'packages/model-host/bin/model-host.js')],
      {
        env: {
          PATH: process.env.PATH,
          MODEL_PLATFORM_DATA_DIR: this.dataDir,
          GATEWAY_PORT: '0',
        },
        stdio: 'ignore',
      },
    );
    return await eventually('the gateway is ready', async () => {
      const state = await hostState(this.dataDir);
      return state.gateway.ready && state;
    });
  }

  /** Waits until the portal would let the version in, which takes the organisation. */
  async awaitOrganisation(
    portal: Portal,
    { model, request }: NewVersion,
  ): Promise<void> {
    await eventually('the organisation is read', async () => {
      const { problems } = await this.clientOf(() => portal).send<{
        problems: unknown[];
      }>('POST', `v1/models/${model}/versions?dryRun=true`, request);
      return problems.length === 0;
    });
  }

  async stop(): Promise<void> {
    for (const portal of this.portals) await portal.stop('SIGKILL');
    const { host } = this;
    host?.kill();
    await eventually(
      'the host ended',
      () => !host || host.exitCode !== null || host.signalCode !== null,
    );
    for (const service of this.services.reverse()) await service.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
