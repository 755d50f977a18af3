import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { ArtifactStore } from '@model-platform/plugin-model-platform-node';
import { FileArtifactStore } from './artifacts/FileArtifactStore';
import { Registry } from './Registry';

/** Removes what publishes left behind that were never completed: expired drafts, uploads that were cut off. */
export async function cleanRegistry(options: {
  registry: Registry;
  artifacts: ArtifactStore;
  scheduler: SchedulerService;
  logger: LoggerService;
}): Promise<void> {
  const { registry, artifacts, scheduler, logger } = options;
  const removeAbandoned = async () => {
    if (artifacts instanceof FileArtifactStore) {
      await artifacts.removeAbandoned();
    }
  };
  await removeAbandoned();
  await scheduler.scheduleTask({
    id: 'model-platform-clean-registry',
    frequency: { minutes: 10 },
    timeout: { minutes: 10 },
    initialDelay: { seconds: 30 },
    scope: 'global',
    async fn(signal) {
      const removed = await registry.publishing.removeExpiredDrafts(signal);
      if (removed > 0) logger.info(`Removed ${removed} expired drafts`);
      await removeAbandoned();
    },
  });
}
