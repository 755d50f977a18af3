import fs from 'node:fs';
import path from 'node:path';
import {
  ENDPOINT_SETTINGS_FILE,
  endpointSettingsSchema,
  LANGUAGE_MODEL_FILE,
  RunnerManifest,
} from '@model-platform/model-wire';
import { loadEndpoint } from './endpoint/loadEndpoint';
import { FlavorContext } from './flavors/Flavor';
import { flavors } from './flavors/flavors';
import { refuseBytes } from './flavors/refuseBytes';
import { Logger } from './Logger';
import { keepInHand } from './privacy/keepInHand';
import { takeOverOutput } from './privacy/takeOverOutput';
import { ReadEnvironment, readEnvironment } from './readEnvironment';
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
  takeOverOutput(logger);
  const fail = (message: string, facts?: Record<string, unknown>) => {
    logger.error(message, facts);
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  };
  let started: ReadEnvironment;
  try {
    started = readEnvironment(variables);
  } catch (error) {
    fail(messageOf(error));
    return;
  }
  const { environment, secrets, stateKey } = started;
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
      secrets,
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
  // Whoever reads this may ask it to end.
  logger.info('started', {
    model: model.slug,
    version,
    port: environment.PORT,
  });
  try {
    const begin = performance.now();
    if (!Object.hasOwn(flavors, flavorName)) {
      throw new Error(
        `The Node runtime has no flavor '${flavorName}'. It has: ${Object.keys(
          flavors,
        ).join(', ')}.`,
      );
    }
    const flavor = await flavors[flavorName]();
    const { endpoint } = manifest;
    let isWarm = false;
    const context: FlavorContext = {
      stateKey,
      languageModelFile: at(LANGUAGE_MODEL_FILE),
      batching: {
        maxRows: manifest.batching === false ? 1 : environment.BATCH_MAX_ROWS,
        maxBytes: environment.MAX_BODY_BYTES,
        maxDelayMs: environment.BATCH_MAX_DELAY_MS,
        // Endpoint code around a model is what predicts: its lines are counted.
        observe: rows => {
          if (isWarm && !endpoint) metrics.batchSize.observe(rows);
        },
        countWaiting: count => metrics.exposeWaiting(count),
      },
      registry: metrics.registry,
      logger,
    };
    const loadModel = () => flavor.load(manifest, at('model'), context);
    const loadPlain = async () => {
      refuseBytes(flavor, manifest.signature);
      return await loadModel();
    };
    const loaded = endpoint
      ? await loadEndpoint({
          manifest: { ...manifest, endpoint },
          directory: at('model'),
          settings: endpointSettingsSchema.parse(
            JSON.parse(
              readOptional(at(ENDPOINT_SETTINGS_FILE))?.toString() ?? '{}',
            ),
          ),
          context,
          loadModel: async () =>
            flavorName === 'node' ? undefined : await loadModel(),
        })
      : await loadPlain();
    await server.warmUp(loaded);
    isWarm = true;
    const seconds = (performance.now() - begin) / 1000;
    metrics.loadSeconds.set(seconds);
    server.serve(keepInHand(loaded));
    logger.info('ready', {
      model: model.slug,
      version,
      loadSeconds: Number(seconds.toFixed(3)),
    });
  } catch (error) {
    fail(`cannot load the model: ${messageOf(error)}`, {
      stack: stackOf(error),
    });
  }
}

/** Where the developer's own code failed, as far as it did. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
