import { HumanDuration } from '@backstage/types';

export interface Config {
  modelPlatform?: {
    catalog?: {
      /**
       * How often models and endpoints are read in full from the registry; what
       * changes in between comes by events. One minute where absent.
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
       * How often the heads of the repositories are looked at. Five seconds where absent.
       */
      frequency?: HumanDuration | string;
    };
  };
}
