import { HumanDuration } from '@backstage/types';

export interface Config {
  modelPlatform?: {
    catalog?: {
      /**
       * How often the registry is asked what changed; what this portal changes
       * itself comes at once. One minute where absent.
       */
      frequency?: HumanDuration | string;
    };
    git?: {
      /**
       * Folder of bare repositories (`<name>.git`) whose `catalog-info.yaml` and
       * `model-deployment.yaml` are read into the catalog. Absent: none is read.
       */
      directory?: string;
      /**
       * Git host with repositories of projects: what is read from there, unless
       * `catalog.locations` names it, is held to what a repository may declare.
       */
      remote?: {
        /** Host as `integrations` names it. */
        host: string;
        /** Organisation, or path of the group. */
        owner: string;
      };
      /**
       * How often the heads of the repositories are looked at. Five seconds where absent.
       */
      frequency?: HumanDuration | string;
    };
  };
}
