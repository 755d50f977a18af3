export interface Config {
  modelPlatform?: {
    /** Where files of models are kept. */
    artifacts?: {
      /** `fs`, the file system, where absent, or `s3`; others come with modules. */
      type?: string;
      /** Folder of `fs`; `blobs` in `MODEL_PLATFORM_DATA_DIR` where absent. */
      directory?: string;
      /** Of `s3`, which must be there. */
      bucket?: string;
      /** In front of every key of `s3`. */
      prefix?: string;
      /** Of `s3`. Defaults to `us-east-1`. */
      region?: string;
      /** Of an S3 service that is not Amazon's. */
      endpoint?: string;
      /** `<endpoint>/<bucket>/…` rather than `<bucket>.<endpoint>/…`; so where `endpoint` is given, unless this is false. */
      forcePathStyle?: boolean;
      /** Of `s3`. Where absent the chain of the AWS SDK finds them: environment, files, roles. */
      credentials?: {
        accessKeyId: string;
        /** @visibility secret */
        secretAccessKey: string;
        /** @visibility secret */
        sessionToken?: string;
      };
      /** Of `s3`: signed addresses, by which large files go to and from the bucket itself. */
      direct?: {
        /** Off where absent: all bytes go through the portal. */
        enabled?: boolean;
        /** Of the service as clients reach it; `endpoint` where absent. */
        endpoint?: string;
        /** How long an address is good for. Defaults to 900, at most 3600. */
        lifeSeconds?: number;
      };
      /** Removal of files that no version and no draft has, and of uploads that were cut off. */
      garbageCollection?: {
        /** Only reports, in the log, what would be removed. */
        dryRun?: boolean;
        /** Defaults to 24. */
        frequencyHours?: number;
      };
    };
    git?: {
      /** Folder of bare repositories (`<name>.git`) whose files declare deployments. */
      directory?: string;
    };
    limits?: {
      /** Largest file that a publish may announce. Defaults to 10 GiB. */
      maxFileBytes?: number;
      /** How long a draft lives after it was last touched. Defaults to 24. */
      draftLifeHours?: number;
      /** Tokens of applications that one endpoint may have at a time. Defaults to 1000. */
      tokensPerEndpoint?: number;
      /** Most bytes that the files of a system may have together, equal ones counted once. None where absent. */
      systemBytes?: number;
      /** Quotas of their own, instead of `systemBytes`. */
      systems?: Array<{
        /** Name of the system. */
        system: string;
        bytes: number;
      }>;
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
    /** What pickles among the files of versions may import when they are loaded. */
    pickles?: {
      /**
       * `allow`: everything. `warn`: not what no model needs, such as
       * `os.system`, nor what cannot be looked into. `refuse`: only what
       * `modules` name. Defaults to `warn`.
       */
      policy?: 'allow' | 'warn' | 'refuse';
      /** Modules, and names in modules; instead of the platform's list. */
      modules?: string[];
      /** Systems with rules of their own. */
      systems?: Array<{
        /** Name of the system. */
        system: string;
        /** The platform's where absent. */
        policy?: 'allow' | 'warn' | 'refuse';
        /** Instead of the platform's. */
        modules?: string[];
      }>;
    };
    /** Types of models beside `ml`, `prompt`, `optimization` and `process`. */
    modelTypes?: string[];
    /** What metadata must say, instead of the platform's own schema or beside it. */
    metadataSchemas?: Array<{
      /** Type of model that it is for; `*` for all, only with `mode: extend`. */
      type: string;
      /**
       * `replace`: instead of the platform's schema. `extend`: beside what is
       * in force, so that it can only ask for more. Defaults to `replace`.
       */
      mode?: 'replace' | 'extend';
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
          | 'read'
          | 'publish'
          | 'deploy'
          | 'endpoint-token'
          | 'archive'
          | 'delete'
        >;
        /** Names of systems; `*` for all. */
        systems: string[];
        /** Entity refs of owners whose models it is for; any where absent. */
        owners?: string[];
        /** Names of models that it is for; any where absent. */
        models?: string[];
      }>;
    }>;
    /** CI systems whose jobs act with their own OpenID Connect tokens, without a stored secret. */
    ciIdentities?: Array<{
      /** Stands in histories: `ci:<name>:…`. */
      name: string;
      /** The `iss` of its tokens, to the letter, e.g. `https://token.actions.githubusercontent.com`. */
      issuer: string;
      /** What its tokens are asked for; the address of the portal (`app.baseUrl`) where absent. */
      audience?: string | string[];
      /** Where its keys are; found by discovery where absent. */
      jwksUri?: string;
      /** At least one, each for the jobs that have all of its claims. */
      grants: Array<{
        /**
         * E.g. `{ repository: acme/churn, ref: refs/heads/main }`. A list is met by one of its
         * values; `*` behind a slash is anything but a slash, `**` anything. At least one claim
         * must say whose the job is.
         */
        claims: {
          [claim: string]:
            | string
            | number
            | boolean
            | Array<string | number | boolean>;
        };
        actions: Array<
          'read' | 'publish' | 'deploy' | 'endpoint-token' | 'archive'
        >;
        /** Names of systems; `*` for all. */
        systems: string[];
        /** Entity refs of owners whose models it is for; any where absent. */
        owners?: string[];
        /** Names of models that it is for; any where absent. */
        models?: string[];
      }>;
    }>;
    /**
     * Who may move which alias, and what a version must have before it gets
     * it. All rules of an alias hold at once.
     */
    aliasRules?: Array<{
      /** E.g. `champion`. */
      alias: string;
      /** Names of systems; all where absent. */
      systems?: string[];
      /**
       * Groups, users and `token:<name>` of `publishers` who move it, instead
       * of those who may update the model.
       */
      movedBy?: string[];
      requires?: {
        approval?: {
          /** Groups or users; a member of one of them approves. */
          by: string[];
          /** Nobody approves what he published himself. Defaults to false. */
          notByPublisher?: boolean;
        };
        /** Bounds of the version's evaluation, by the metric's name. */
        evaluation?: {
          [metric: string]: { atLeast?: number; atMost?: number };
        };
      };
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
      /** Names of systems whose models may be deployed there; all where absent. */
      systems?: string[];
      /** What every revision there waits for, whatever its deployment says itself. */
      gates?: Array<{
        /** Somebody else's word. */
        approval?: {
          /** Entity ref of a group. */
          by: string;
          /** How many of its members. Defaults to 1. */
          count?: number;
          /** `breaking`: only of revisions that break the signature which is served. Defaults to `all`. */
          of?: 'all' | 'breaking';
        };
        /** What each version must have. */
        evidence?: {
          /** Its metadata satisfies the schema in force. */
          metadata?: 'complete';
          evaluation?: { metric: string; above?: number; below?: number };
          /** Its pickles would import only what the platform lists. */
          scan?: 'clean';
        };
        /** When revisions are made. */
        window?: {
          /** All where absent. */
          days?: Array<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'>;
          /** E.g. `08:00`. */
          from: string;
          /** E.g. `17:00`; before `from` where it ends on the day after. */
          to: string;
          /** IANA name, e.g. `Europe/Berlin`. */
          timezone: string;
        };
      }>;
      /** What the runners of one system may take there together, each deployment at its most. */
      quota?: {
        runners?: number;
        /** Cores, e.g. `16` or `500m`. */
        cpu?: number | string;
        /** Bytes, e.g. `64Gi`. */
        memory?: number | string;
        gpu?: number;
      };
      /** Quotas of their own, instead of `quota`, by the name of the system. */
      systemQuotas?: {
        [system: string]: {
          runners?: number;
          cpu?: number | string;
          memory?: number | string;
          gpu?: number;
        };
      };
      /**
       * What `limits.maxBodyBytes` of a deployment there may be at most, bytes.
       * Defaults to 33554432 (32 MiB): bodies are held in memory, one for each
       * call that is being answered.
       */
      maxBodyBytes?: number;
      /**
       * What endpoint code of models is told: all entries whose `systems` and
       * `models` a model is of, the last one of a name. Read when a runner starts.
       */
      endpointCode?: Array<{
        /** Names of systems whose models it is for; all where absent. */
        systems?: string[];
        /** Names of models that it is for; all where absent. */
        models?: string[];
        /** `context.configuration` of the code. */
        configuration?: { [name: string]: unknown };
        /**
         * `context.secret(name)` of the code.
         * @deepVisibility secret
         */
        secrets?: { [name: string]: string };
      }>;
      /**
       * Servers that prompts run on; the first whose `systems` and `models` a
       * prompt is of. Without one their endpoints answer the rendered messages.
       */
      languageModels?: Array<{
        /** Names of systems whose prompts it is for; all where absent. */
        systems?: string[];
        /** Names of models that it is for; all where absent. */
        models?: string[];
        /** `openai`: `<baseUrl>/chat/completions`; `anthropic`: `<baseUrl>/v1/messages`. */
        protocol: 'openai' | 'anthropic';
        baseUrl: string;
        /** The model's name at the server. */
        model: string;
        /** @visibility secret */
        apiKey?: string;
        /** Defaults to `Authorization`, with `Bearer`, for `openai`, to `x-api-key` for `anthropic`. */
        apiKeyHeader?: string;
        /** Of `anthropic`. Defaults to 2023-06-01; with 2026-10-21 temperature and topP are not sent. */
        apiVersion?: '2023-06-01' | '2026-10-21';
        /** For an answer with all attempts; of a stream the longest pause, and 24 of them for the whole. Defaults to 25. */
        timeoutSeconds?: number;
        /** Further attempts after 408, 409, 429, 5xx and broken connections. Defaults to 2. */
        retries?: number;
        /** Lines of a batch that are answered at a time. Defaults to 4. */
        concurrency?: number;
        /**
         * How it is told of an output schema: by the protocol's own means, as
         * any JSON object, or only in words. Defaults to `jsonSchema`.
         */
        structuredOutput?: 'jsonSchema' | 'jsonObject' | 'prompt';
        /** What `openai` servers call the limit of an answer. Defaults to `max_tokens`. */
        maxTokensParameter?: 'max_tokens' | 'max_completion_tokens';
        /** Costs are counted only with them. */
        prices?: {
          /** ISO 4217, e.g. `EUR`. */
          currency: string;
          inputPerMillionTokens: number;
          outputPerMillionTokens: number;
        };
      }>;
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
      /** Removes deployments that are no longer declared, ten minutes later. Defaults to false: they go on. */
      prune?: boolean;
    }>;
    deployments?: {
      /**
       * How long runners of a revision may take until they are ready, once
       * their files and packages are there, on Kubernetes with finding room,
       * images, files and packages; then it is given up, where another one
       * serves. Holds for all environments; defaults to 120, on Kubernetes
       * to 900.
       */
      readyTimeoutSeconds?: number;
      /**
       * Of several portals, one leads; how long one that was killed is waited
       * for until another takes over. At least 3. Defaults to 15.
       */
      leaseSeconds?: number;
    };
    webhooks?: {
      /**
       * Addresses, ranges such as `10.1.0.0/16` and names of hosts that
       * webhooks may go to beside public ones.
       */
      allow?: string[];
      /** Takes addresses that begin with http:// too. Defaults to false. */
      allowHttp?: boolean;
      /**
       * What secrets are encrypted with, at least 32 characters, the same for
       * all replicas. Made in MODEL_PLATFORM_DATA_DIR where absent.
       * @visibility secret
       */
      encryptionKey?: string;
      /** For one attempt. Defaults to 30. */
      timeoutSeconds?: number;
      /** Of one delivery. Defaults to 10. */
      maxAttempts?: number;
      /** Before the second attempt; doubles with each, up to an hour. Defaults to 5. */
      firstDelaySeconds?: number;
      /** How long finished deliveries are listed. Defaults to 30. */
      keepDays?: number;
    };
    metrics?: {
      /** How often gateway and runners are read by the embedded collector. Defaults to 5. */
      scrapeIntervalSeconds?: number;
    };
  };
}
