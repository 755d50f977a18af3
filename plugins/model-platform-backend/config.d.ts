export interface Config {
  modelPlatform?: {
    /** Where files of models are kept. */
    artifacts?: {
      /** `fs`, the file system, where absent; others come with modules. */
      type?: string;
      /** Folder of `fs`; `blobs` in `MODEL_PLATFORM_DATA_DIR` where absent. */
      directory?: string;
    };
    limits?: {
      /** Largest file that a publish may announce. Defaults to 10 GiB. */
      maxFileBytes?: number;
      /** How long a draft lives after it was last touched. Defaults to 24. */
      draftLifeHours?: number;
    };
    /** What MLflow's clients may register. */
    mlflow?: {
      /** By the name of the system. */
      systems?: {
        [system: string]: {
          /**
           * Versions that lack metadata are `PENDING_REGISTRATION` until it is
           * there, or refused at once. Defaults to `pending`.
           */
          incomplete?: 'pending' | 'refuse';
          /** Nothing is mandatory: what lacks something is ready for MLflow, but is no model of the platform. Defaults to false. */
          open?: boolean;
          /** Versions whose files are elsewhere are ready for MLflow, but cannot be deployed. Defaults to false: they are pending. */
          external?: boolean;
        };
      };
    };
    /** Types of models beside `ml`, `prompt`, `optimization` and `process`. */
    modelTypes?: string[];
    /** What metadata must say, instead of the platform's own schema. */
    metadataSchemas?: Array<{
      /** Type of model that it is for. */
      type: string;
      /** What refusals name as the source of a rule. */
      name?: string;
      /** Grows with each change of the schema. Defaults to 1. */
      version?: string;
      /** Names of systems that it is for; all where absent. */
      systems?: string[];
      /** JSON Schema 2020-12 of the field `metadata`. */
      schema?: object;
      /** A file with the schema, YAML or JSON, instead of `schema`. */
      file?: string;
    }>;
    /** Metrics that can be compared between projects; only these are collected centrally. */
    metricCatalogue?: Array<{
      /** Prometheus name. */
      name: string;
      type: 'counter' | 'gauge' | 'histogram';
      unit?: string;
      description: string;
      /** Which direction is better. Defaults to `neither`. */
      better?: 'higher' | 'lower' | 'neither';
      /** Labels it may have beside the platform's own. */
      labels?: string[];
    }>;
    /** Tokens of machines, with their grants as code; one that is removed here is revoked. */
    publishers?: Array<{
      name: string;
      /**
       * At least 20 characters, no dots or blanks; or give `tokenHash`.
       * @visibility secret
       */
      token?: string;
      /** SHA-256 of the token, hexadecimal. */
      tokenHash?: string;
      grants: Array<{
        actions: Array<
          'read' | 'publish' | 'deploy' | 'endpoint-token' | 'archive'
        >;
        /** Names of systems; `*` for all. */
        systems: string[];
        /** Entity refs of owners whose models it is for; any where absent. */
        owners?: string[];
      }>;
    }>;
    cli?: {
      /** The packed command line client that `cli.tgz` serves; the one built beside the platform where absent. */
      archivePath?: string;
    };
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
