export interface Config {
  modelPlatform?: {
    /** The cluster that environments with the driver `kubernetes` run on; without it there is no such driver. */
    kubernetes?: {
      /** File; where absent the one in `KUBECONFIG`, else that of the user, else the portal's own service account. */
      kubeconfig?: string;
      /** Of the kubeconfig; its current one where absent. */
      context?: string;
      /**
       * Namespaces are `<prefix>-<system>--<environment>`. Of each portal in the
       * cluster another one, and none the beginning of another's. Defaults to `models`.
       */
      namespacePrefix?: string;
      /**
       * At least 32 characters, the same for all replicas: the secrets of
       * gateways and runners are made of it.
       * @visibility secret
       */
      secretKey: string;
      /** Where pods reach the platform; `backend.baseUrl` where absent. */
      portalUrl?: string;
      /** Of the tokens that pods fetch files with. Defaults to `model-platform`. */
      audience?: string;
      images: {
        /** Of gateways, of what fetches files, and of models of the Node runtime. */
        platform: string;
        /** Of models of the Python runtime. */
        python: string;
      };
      /**
       * Where pods get the Python packages of versions that bring their own
       * `requirements.lock`. Defaults to `https://pypi.org/simple`.
       */
      packageIndex?: string;
      /** Names of secrets, which must be in each namespace. */
      imagePullSecrets?: string[];
    };
    environments?: Array<{
      /** Of environments with the driver `kubernetes`. */
      kubernetes?: {
        /** Where applications reach the endpoints: `<url>/<endpoint>`. */
        url: string;
        /** How they get there: an `HTTPRoute` for each endpoint; none where absent. */
        route?: {
          /** All of the gateways' where absent. */
          hostnames?: string[];
          /** Of the Gateway API, that take routes of the platform's namespaces. */
          gateways: Array<{
            name: string;
            namespace: string;
            sectionName?: string;
          }>;
        };
        /** The platform's own gateway, one in each namespace. */
        gateway?: {
          /** Defaults to 2 to 6. */
          replicas?: { min: number; max: number };
          /** Whether it writes a line for each call, without what is sent. Defaults to false. */
          accessLog?: boolean;
        };
        /** How calls that come side by side become one prediction. */
        batches?: {
          /** Lines of one; 1: no calls are put together. Defaults to 1000. */
          maxRows?: number;
          /** How long calls wait for further ones, while they come side by side, milliseconds. Defaults to 0. */
          maxDelayMs?: number;
        };
        /** Of models that say nothing. Defaults to 500m and 512Mi. */
        resources?: { cpu?: string; memory?: string };
        /**
         * Where images of models of the flavor `image` may come from:
         * `registry.example.org/crm` allows all below it. Of several the one
         * holds that says most of a reference. None where absent.
         */
        imageRegistries?: Array<{
          prefix: string;
          /** Name of a secret, which must be in each namespace. */
          pullSecret?: string;
          /** Whose models' images may come from there; of all systems where absent. */
          systems?: string[];
        }>;
        /** Of all pods. */
        nodeSelector?: { [label: string]: string };
        /** Of all pods. */
        tolerations?: Array<{
          key?: string;
          operator?: 'Exists' | 'Equal';
          value?: string;
          effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
        }>;
        /** Of models that ask for GPUs, beside the others; `nvidia.com/gpu` is tolerated where absent. */
        gpu?: {
          nodeSelector?: { [label: string]: string };
          tolerations: Array<{
            key?: string;
            operator?: 'Exists' | 'Equal';
            value?: string;
            effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
          }>;
        };
        /** Who may read metrics; nobody where absent. */
        collector?: {
          namespaceLabels: { [label: string]: string };
          podLabels?: { [label: string]: string };
          /** That its Prometheus looks for at a `PodMonitor`, e.g. `release: prometheus`. */
          monitorLabels?: { [label: string]: string };
        };
        /**
         * The bucket of `modelPlatform.artifacts`, which pods then fetch files
         * from; from the portal where absent. As there, but for credentials
         * that may only read.
         */
        artifacts?: {
          bucket: string;
          /** Defaults to `us-east-1`. */
          region?: string;
          prefix?: string;
          /** As pods reach it; Amazon's where absent. */
          endpoint?: string;
          forcePathStyle?: boolean;
          /** Not a role of the pod: the model's code would have that, too. */
          credentials: {
            /** @visibility secret */
            accessKeyId: string;
            /** @visibility secret */
            secretAccessKey: string;
          };
        };
        /** Where models may connect to, beside the platform and their language model. */
        egress?: Array<{ cidr: string; ports: number[] }>;
      };
    }>;
  };
}
