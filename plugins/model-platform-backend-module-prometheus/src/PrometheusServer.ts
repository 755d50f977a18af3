import { PrometheusClient } from './PrometheusClient';

/** A server, and what it collects. */
export interface PrometheusServer {
  client: PrometheusClient;
  environments: string[];
  /** Of all its series and targets that are the platform's. */
  labels: Record<string, string>;
}
