export interface Config {
  modelPlatform?: {
    /** Where deployments run. Without it there is one, `local`, with the driver `local`. */
    environments?: Array<{
      name: string;
      /** Name of a driver that a module adds; `local` where absent. */
      driver?: string;
    }>;
    /**
     * Which catalog locations may declare deployments, and of what: ingestion
     * has no user whose rights could be asked for. Without it none may.
     */
    deploymentSources?: Array<{
      /** Begin of the location, up to a whole path segment, e.g. `https://git.example.com/ml/`. */
      urlPrefix: string;
      /** Names of systems; `*` for all. */
      systems: string[];
      /** Names of environments; `*` for all. */
      environments: string[];
    }>;
    deployments?: {
      /** How long a revision may take until its runners are ready. Defaults to 120. */
      readyTimeoutSeconds?: number;
    };
    metrics?: {
      /** How often gateway and runners are read by the embedded collector. Defaults to 5. */
      scrapeIntervalSeconds?: number;
    };
  };
}
