import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { atMostEvery } from '../../atMostEvery';
import { Registry } from '../Registry';
import { MetadataCompliance } from './MetadataCompliance';

/** Models that change together are looked at together. */
const BURST_MS = 100;

/** Looks at models as they change, and at all of them where a schema changed. */
export async function keepCompliance(options: {
  registry: Registry;
  compliance: MetadataCompliance;
  scheduler: SchedulerService;
  logger: LoggerService;
}): Promise<void> {
  const { registry, compliance, scheduler, logger } = options;
  const changed = new Set<string>();
  const look = atMostEvery(BURST_MS, () => {
    const modelIds = [...changed];
    changed.clear();
    compliance.updateModels(modelIds).catch(error =>
      // The task finds them.
      logger.warn(
        `The metadata of ${modelIds.length} models could not be looked at: ${error}`,
      ),
    );
  });
  registry.onChanged(({ modelId }) => {
    changed.add(modelId);
    look();
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
