/** One Prometheus, or what answers as one. */
interface PrometheusServer {
  /** What `/api/v1/query` is appended to, e.g. `https://prometheus.example.org`. */
  url: string;
  /**
   * Sent as bearer token.
   * @visibility secret
   */
  token?: string;
  basicAuth?: {
    username: string;
    /** @visibility secret */
    password: string;
  };
  /**
   * Sent with every query, e.g. `X-Scope-OrgID` for a tenant.
   * @deepVisibility secret
   */
  headers?: { [name: string]: string };
  /** PEM file with the authorities that its certificate may be of; those of Node where absent. */
  caFile?: string;
  /** Of one query. Defaults to 30. */
  timeoutSeconds?: number;
  /** That every series of this platform has there, e.g. `cluster: eu`, where others' are there too. */
  labels?: { [name: string]: string };
}

export interface Config {
  modelPlatform?: {
    /** Of all environments that name none; without any, figures are those of the embedded collector. */
    prometheus?: PrometheusServer;
    environments?: Array<{
      /** That collects what runs there. */
      prometheus?: PrometheusServer;
    }>;
  };
}
