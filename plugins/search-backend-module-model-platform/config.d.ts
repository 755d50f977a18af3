import { SchedulerServiceTaskScheduleDefinitionConfig } from '@backstage/backend-plugin-api';

export interface Config {
  modelPlatform?: {
    search?: {
      /**
       * When models are indexed. Every 30 seconds in each process where absent;
       * with a search engine that all processes share, `scope: global` is enough.
       */
      schedule?: SchedulerServiceTaskScheduleDefinitionConfig;
    };
  };
}
