import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { Amount, GarbageCollector } from './artifacts/GarbageCollector';
import { giveUpUploads } from './mlflow/artifacts/giveUpUploads';
import { UploadStore } from './mlflow/artifacts/UploadStore';
import { Registry } from './Registry';

/** Task that collects garbage; its name is how administrators start it at once. */
const COLLECT_GARBAGE = 'model-platform-collect-garbage';

/**
 * Removes what publishes left behind that were never completed: expired
 * drafts, uploads that were cut off, files that nothing refers to.
 */
export async function cleanRegistry(options: {
  registry: Registry;
  garbage: GarbageCollector;
  /** Files of MLflow's clients that arrive in parts. */
  uploads: UploadStore;
  config: Config;
  scheduler: SchedulerService;
  logger: LoggerService;
}): Promise<void> {
  const { registry, garbage, uploads, scheduler, logger } = options;
  const config = options.config.getOptionalConfig(
    'modelPlatform.artifacts.garbageCollection',
  );
  const dryRun = config?.getOptionalBoolean('dryRun') ?? false;
  const hours = config?.getOptionalNumber('frequencyHours') ?? 24;
  if (!dryRun) {
    // A store that cannot be reached now keeps the portal from nothing else.
    await garbage
      .collectUploads({ dryRun })
      .catch(error => logger.warn(`Uploads were not cleaned up: ${error}`));
  }
  await scheduler.scheduleTask({
    id: 'model-platform-clean-registry',
    frequency: { minutes: 10 },
    timeout: { minutes: 10 },
    initialDelay: { seconds: 30 },
    scope: 'global',
    async fn(signal) {
      const removed = await registry.publishing.removeExpiredDrafts(signal);
      if (removed > 0) logger.info(`Removed ${removed} expired drafts`);
      const givenUp = await giveUpUploads(uploads, { signal });
      if (givenUp > 0) logger.info(`Gave up ${givenUp} uploads in parts`);
    },
  });
  await scheduler.scheduleTask({
    id: COLLECT_GARBAGE,
    frequency: { hours },
    timeout: { hours: 6 },
    initialDelay: { minutes: 5 },
    scope: 'global',
    async fn(signal) {
      const report = await garbage.collect({ dryRun, signal });
      logger.info(
        `Garbage collection ${dryRun ? 'would remove' : 'removed'} ${sayAmount(
          report.blobs,
          'unreferenced files',
        )} and ${sayAmount(report.uploads, 'abandoned uploads')}, and ${
          dryRun ? 'keep' : 'kept'
        } ${sayAmount(report.kept, 'files')}`,
      );
    },
  });
}

function sayAmount({ count, bytes }: Amount, what: string): string {
  return `${count} ${what} of ${bytes} bytes`;
}
