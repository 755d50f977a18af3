import { EndpointSettings, RunnerManifest } from '@model-platform/model-wire';
import { Call, FlavorContext, LoadedModel, Row } from '../flavors/Flavor';
import { signatureTensors } from '../flavors/signatureTensors';
import { SolveMetrics } from '../flavors/solving/SolveMetrics';
import { copyOf } from '../privacy/copyOf';
import { requestsInHand } from '../privacy/RequestsInHand';
import { createOutputReader } from './createOutputReader';
import { CustomMetrics } from './CustomMetrics';
import { EndpointContext } from './EndpointContext';
import { importEndpoint } from './importEndpoint';

interface EndpointOptions {
  manifest: RunnerManifest & { endpoint: string };
  /** The folder with the version's files. */
  directory: string;
  settings: EndpointSettings;
  context: Pick<FlavorContext, 'registry' | 'logger'>;
  /** The flavor's own model, for code that does not load one itself; undefined where it has none. */
  loadModel(): Promise<LoadedModel | undefined>;
}

/** A call that nobody waits for, and nobody leaves. */
const nobody = (requestId: string): Call => ({
  requestId,
  signal: new AbortController().signal,
});

/**
 * The developer's own code as a model: `load` once, `predict` for a row or
 * `predictBatch` for all rows of a call.
 *
 * @throws Error for the model's developer
 */
export async function loadEndpoint({
  manifest,
  directory,
  settings,
  context: { registry, logger },
  loadModel,
}: EndpointOptions): Promise<LoadedModel> {
  const { endpoint, signature } = manifest;
  const code = await importEndpoint(directory, endpoint);
  const { predict, predictBatch } = code;
  if (!predict && !predictBatch)
    throw new Error(
      `${endpoint} must export predict(model, inputs, context) or predictBatch(model, rows, context)`,
    );
  const metrics = new CustomMetrics({
    declared: manifest.metrics,
    inputs: signature.inputs,
    registry,
    logger,
  });
  const context: EndpointContext = {
    metrics,
    logger,
    signature,
    files: directory,
    modelName: manifest.model.name,
    version: manifest.version,
    configuration: settings.configuration,
    secret(name) {
      if (Object.hasOwn(settings.secrets, name)) return settings.secrets[name];
      throw new Error(
        `the environment has no secret '${name}' for this model; its platform's configuration names those it has`,
      );
    },
  };
  const inner = code.load ? undefined : await loadModel();
  const model = code.load
    ? await code.load(context)
    : inner && {
        predict: (rows: Row[]) => {
          // Not the call itself: how long it waited is for the whole of it.
          const { requestId, signal } = requestsInHand.call ?? nobody('load');
          return inner.predict(rows, { requestId, signal });
        },
      };
  const readAnswers = createOutputReader(signature);
  const solves =
    !inner && manifest.model.type === 'optimization'
      ? new SolveMetrics(registry)
      : undefined;
  const answer = async (given: Row[]) => {
    // Code may change what it gets, and what was sent has still to be known where something is written.
    const rows = given.map(row => copyOf(row) as Row);
    return readAnswers(
      predictBatch
        ? await predictBatch(model, rows, context)
        : // Where one line throws at once, the others' failures are still awaited.
          await Promise.all(
            rows.map(async row => await predict?.(model, row, context)),
          ),
      given.length,
    );
  };
  return {
    platform: manifest.flavor,
    ...signatureTensors(
      signature,
      async rows => {
        const answers = await answer(rows);
        if (solves) for (const one of answers) solves.count(one);
        return answers;
      },
      { isChecked: true },
    ),
    async warmUp(rows) {
      const work = () => metrics.muted(() => answer(rows));
      // What it is called with is the version's own example.
      await requestsInHand.during(nobody('warm-up'), () => [], work);
    },
    close: inner?.close,
  };
}
