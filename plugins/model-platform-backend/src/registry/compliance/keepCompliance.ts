import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { Registry } from '../Registry';
import { MetadataCompliance } from './MetadataCompliance';

/** Looks at models as they change, and at all of them where a schema changed. */
export async function keepCompliance(options: {
  registry: Registry;
  compliance: MetadataCompliance;
  scheduler: SchedulerService;
  logger: LoggerService;
}): Promise<void> {
  const { registry, compliance, scheduler, logger } = options;
  registry.onChanged(({ modelId, slug }) => {
    compliance.updateModel(modelId).catch(error =>
      // The task finds it.
      logger.warn(`The metadata of ${slug} could not be looked at: ${error}`),
    );
  });
  await scheduler.scheduleTask({
    id: 'model-platform-metadata-compliance',
    frequency: { minutes: 5 },
    timeout: { minutes: 30 },
    scope: 'global',
    async fn(signal) {
      const checked = await compliance.update(signal);
      if (checked > 0) {
        logger.info(`Looked at the metadata of ${checked} models`);
      }
    },
  });
}
