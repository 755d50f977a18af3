import fs from 'node:fs';
import path from 'node:path';
import {
  LANGUAGE_MODEL_FILE,
  RunnerManifest,
  runnerEnvironmentSchema,
} from '@model-platform/model-wire';
import { flavors } from './flavors/flavors';
import { Logger } from './Logger';
import { RunnerMetrics } from './RunnerMetrics';
import { RunnerServer } from './RunnerServer';

const messageOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

const readOptional = (file: string) =>
  fs.existsSync(file) ? fs.readFileSync(file) : undefined;

/**
 * One runner, from its environment: live at once, ready when the model is
 * loaded and warm. Ends with exit code 1 and a last log line that says why
 * where it can't become so.
 */
export async function runRunner(variables: NodeJS.ProcessEnv): Promise<void> {
  const logger = new Logger(variables.LOG_LEVEL === 'debug');
  const fail = (message: string, facts?: Record<string, unknown>) => {
    logger.error(message, facts);
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  };
  const parsed = runnerEnvironmentSchema.safeParse(variables);
  if (!parsed.success) {
    fail(
      `wrong environment: ${parsed.error.issues
        .map(({ path: at, message }) => `${at.join('.')}: ${message}`)
        .join('; ')}`,
    );
    return;
  }
  const environment = parsed.data;
  const at = (name: string) => path.join(environment.MODEL_DIR, name);
  let server: RunnerServer;
  let manifest: RunnerManifest;
  let metrics: RunnerMetrics;
  try {
    manifest = JSON.parse(fs.readFileSync(at('model.json'), 'utf8'));
    metrics = new RunnerMetrics(manifest, environment);
    const documents = {
      openApi: readOptional(at('openapi.json')),
      docs: readOptional(at('docs.html')),
    };
    server = new RunnerServer(
      manifest,
      environment,
      documents,
      metrics,
      logger,
    );
    await server.listen();
  } catch (error) {
    fail(`cannot start: ${messageOf(error)}`);
    return;
  }
  const { model, version, flavor: flavorName } = manifest;
  logger.info('started', {
    model: model.slug,
    version,
    port: environment.PORT,
  });
  let draining = false;
  process.on('SIGTERM', () => {
    if (draining) return;
    draining = true;
    logger.info('draining');
    server.drain(environment.DRAIN_TIMEOUT_MS).then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      error => fail(`could not drain: ${messageOf(error)}`),
    );
  });
  try {
    const begin = performance.now();
    if (manifest.endpoint) {
      throw new Error(
        `The Node runtime does not run endpoint code (${manifest.endpoint}) yet.`,
      );
    }
    if (!Object.hasOwn(flavors, flavorName)) {
      throw new Error(
        `The Node runtime has no flavor '${flavorName}'. It has: ${Object.keys(
          flavors,
        ).join(', ')}.`,
      );
    }
    const flavor = await flavors[flavorName]();
    const loaded = await flavor.load(manifest, at('model'), {
      stateKey: environment.STATE_KEY,
      languageModelFile: at(LANGUAGE_MODEL_FILE),
      registry: metrics.registry,
      logger,
    });
    await server.warmUp(loaded);
    const seconds = (performance.now() - begin) / 1000;
    metrics.loadSeconds.set(seconds);
    server.serve(loaded);
    logger.info('ready', {
      model: model.slug,
      version,
      loadSeconds: Number(seconds.toFixed(3)),
    });
  } catch (error) {
    fail(`cannot load the model: ${messageOf(error)}`, {
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
}
