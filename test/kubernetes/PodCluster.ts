import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { TestCluster } from './TestCluster';

/** A cluster that has the platform's image, and a portal from which its pods fetch files. */
export class PodCluster {
  cluster!: TestCluster;
  /** Gone with the cluster. */
  folder!: string;
  #portal: http.Server | undefined;

  /** @param door - the portal's door of files */
  async start(
    door: (
      cluster: TestCluster,
    ) => http.RequestListener | Promise<http.RequestListener>,
  ): Promise<void> {
    this.folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-pods-'),
    );
    this.cluster = await TestCluster.start({ level: 'gateway' });
    const portal = http.createServer(await door(this.cluster));
    this.#portal = portal;
    const address = this.cluster.service.hostAddress;
    await new Promise<void>(resolve => portal.listen(0, address, resolve));
    const { port } = portal.address() as AddressInfo;
    this.cluster.portalUrl = `http://${address}:${port}`;
    const { platformImage } = await import(
      '../services/kubernetes/platformImage.mjs'
    );
    await this.cluster.service.node.importImage(
      await platformImage('registry.example.org/platform:1', this.folder),
    );
  }

  /** Pods find nobody there any more. */
  async closePortal(): Promise<void> {
    const portal = this.#portal;
    this.#portal = undefined;
    portal?.closeAllConnections();
    await new Promise(resolve => (portal ? portal.close(resolve) : resolve(0)));
  }

  async stop(): Promise<void> {
    await this.closePortal();
    await this.cluster?.stop();
    if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
