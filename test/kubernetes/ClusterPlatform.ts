import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Platform } from '../platform/Platform';
import { writeConfig } from '../production/Portal';
import { Door } from './Door';
import { SECRET_KEY, TestCluster } from './TestCluster';

const IMAGE = 'registry.example.org/platform:1';

/**
 * A whole platform and a cluster of real pods, in two environments: pods of `pods` fetch their files from S3, those of
 * `near` from the portal.
 */
export class ClusterPlatform {
  private constructor(
    readonly cluster: TestCluster,
    readonly platform: Platform,
    /** For what tests make beside it; it goes with the platform. */
    readonly folder: string,
    private readonly ends: End[],
  ) {}

  static async start(): Promise<ClusterPlatform> {
    const ends: End[] = [];
    try {
      return await ClusterPlatform.begin(ends);
    } catch (error) {
      // Nobody else knows of it.
      await endAll(ends);
      throw error;
    }
  }

  private static async begin(ends: End[]): Promise<ClusterPlatform> {
    const folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-pods-'),
    );
    ends.push(() => fs.rmSync(folder, { recursive: true, force: true }));
    const cluster = await TestCluster.start({ level: 'gateway' });
    ends.push(() => cluster.stop());
    const { hostAddress, gatewayUrl, node } = cluster.service;
    const { startS3 } = await import('../services/s3.mjs');
    const s3 = await startS3({ buckets: ['models'], host: hostAddress });
    if (s3.unavailable) throw new Error(s3.unavailable);
    ends.push(() => s3.stop());
    const { platformImage } = await import(
      '../services/kubernetes/platformImage.mjs'
    );
    await node.importImage(await platformImage(IMAGE, folder));
    const door = await Door.open(hostAddress);
    ends.push(() => door.close());
    const bucket = {
      bucket: 'models',
      endpoint: s3.endpoint,
      forcePathStyle: true,
      credentials: s3.credentials,
    };
    const environment = (name: string, more: object) => ({
      name,
      driver: 'kubernetes',
      kubernetes: {
        url: gatewayUrl,
        route: {
          gateways: [{ name: 'public', namespace: 'gateways' }],
        },
        gateway: { replicas: { min: 1, max: 1 } },
        resources: { cpu: '200m', memory: '384Mi' },
        ...more,
      },
    });
    const platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: writeConfig(folder, 'cluster.yaml', {
        modelPlatform: {
          artifacts: { type: 's3', ...bucket },
          kubernetes: {
            kubeconfig: await cluster.kubeconfigOf(
              'model-platform',
              'model-platform',
            ),
            secretKey: SECRET_KEY,
            portalUrl: door.url,
            images: { platform: IMAGE, python: IMAGE },
          },
          environments: [
            { name: 'local' },
            environment('pods', {
              // Whom they let in; the portal's own collector asks from outside.
              collector: {
                namespaceLabels: {
                  'kubernetes.io/metadata.name': 'model-platform',
                },
              },
              artifacts: bucket,
              imageRegistries: [{ prefix: 'registry.example.org/botany' }],
            }),
            // Its pods fetch from the portal.
            environment('near', {}),
          ],
          deploymentSources: [
            {
              urlPrefix: 'model-platform-git:',
              systems: ['plant-catalogue'],
              environments: ['pods'],
            },
          ],
        },
      }),
    });
    ends.push(() => platform.destroy());
    door.leadsTo = platform.ports.portal;
    await platform.start();
    return new ClusterPlatform(cluster, platform, folder, ends);
  }

  async stop(): Promise<void> {
    await endAll(this.ends);
  }
}

type End = () => Promise<void> | void;

/** The last that was begun first, all of them whatever one says. */
async function endAll(ends: End[]): Promise<void> {
  const failures: unknown[] = [];
  for (let end = ends.pop(); end; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
}
