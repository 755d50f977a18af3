import { GatewayEnvironment } from '@model-platform/model-wire';
import { AdminServer } from './AdminServer';
import { Gateway } from './Gateway';
import { GatewayMetrics } from './GatewayMetrics';
import { HostNames } from './HostNames';
import { RouteTable } from './RouteTable';

/** A running gateway. @public */
export interface RunningGateway {
  url: string;
  adminUrl: string;
  stop(): Promise<void>;
}

/**
 * Opens both listeners.
 *
 * @throws Error that says which address could not be bound, and why
 * @public
 */
export async function startGateway(
  environment: GatewayEnvironment,
  log: (level: 'debug' | 'info', message: string, facts: object) => void,
): Promise<RunningGateway> {
  const metrics = new GatewayMetrics();
  const routes = new RouteTable(metrics);
  const gateway = new Gateway({
    routes,
    metrics,
    requestIdSecret: environment.REQUEST_ID_SECRET,
    hostNames: new HostNames(
      environment.GATEWAY_HOST,
      environment.GATEWAY_ALLOWED_HOSTS,
    ),
    onAccess:
      environment.LOG_LEVEL === 'debug'
        ? line => log('debug', 'request', line)
        : undefined,
  });
  const url = await bound(
    'public',
    environment.GATEWAY_HOST,
    environment.GATEWAY_PORT,
    gateway,
  );
  const admin = new AdminServer({
    routes,
    metrics,
    secret: environment.ADMIN_SECRET,
    metricsSecret: environment.METRICS_SECRET,
    publicUrl: () => url,
  });
  const adminUrl = await bound(
    'admin',
    environment.ADMIN_HOST,
    environment.ADMIN_PORT,
    admin,
  );
  log('info', 'gateway is listening', { url, adminUrl, pid: process.pid });
  return {
    url,
    adminUrl,
    async stop() {
      await gateway.stop(environment.DRAIN_TIMEOUT_MS);
      await admin.stop();
    },
  };
}

async function bound(
  which: string,
  host: string,
  port: number,
  server: { listen(host: string, port: number): Promise<string> },
): Promise<string> {
  try {
    return await server.listen(host, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    let reason = message;
    if (code === 'EADDRINUSE') {
      reason =
        'the port is taken by another program; end it or choose another port';
    } else if (code === 'EACCES') {
      reason =
        'this user may not open the port; ports below 1024 need a privilege';
    } else if (code === 'EADDRNOTAVAIL') {
      reason = 'this machine does not have the address';
    }
    throw new Error(
      `The gateway cannot open its ${which} address ${host}:${port}: ${reason}`,
    );
  }
}
