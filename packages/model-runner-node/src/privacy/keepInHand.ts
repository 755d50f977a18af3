import { LoadedModel } from '../flavors/Flavor';
import { ModelOutputError } from '../ModelOutputError';
import { RequestError } from '../RequestError';
import { keepFailure } from './failureFacts';
import { valuesOfRows, valuesOfTensors } from './fieldValues';
import { requestsInHand } from './RequestsInHand';

/** Those that tell of fields alone go on as they are. */
function asKept(error: unknown): unknown {
  return error instanceof RequestError || error instanceof ModelOutputError
    ? error
    : keepFailure(error);
}

async function orFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asKept(error);
  }
}

/** The model, whose requests are in hand while it works on them: what it writes has no values of theirs. */
export function keepInHand(model: LoadedModel): LoadedModel {
  const { stream } = model;
  return {
    ...model,
    predict: (rows, call) =>
      requestsInHand.during(
        call,
        () => valuesOfRows(rows),
        () => orFailure(() => model.predict(rows, call)),
      ),
    infer: (tensors, call, wanted) =>
      requestsInHand.during(
        call,
        () => valuesOfTensors(tensors),
        () => orFailure(() => model.infer(tensors, call, wanted)),
      ),
    stream:
      stream &&
      async function* inHand(row, call) {
        const request = requestsInHand.take(call, () => valuesOfRows([row]));
        try {
          yield* stream.call(model, row, call);
        } catch (error) {
          throw asKept(error);
        } finally {
          requestsInHand.end(request);
        }
      },
  };
}
