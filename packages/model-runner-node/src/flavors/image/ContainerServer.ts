import { WireImage } from '@model-platform/model-wire';
import { Agent, request } from 'undici';
import { exactInteger } from '../../exactInteger';
import { requestsInHand } from '../../privacy/RequestsInHand';
import { RequestError } from '../../RequestError';
import { Call, OipTensor, OipTensorMetadata } from '../Flavor';

const MAX_REASON_CHARACTERS = 500;
const RETRY_AFTER_SECONDS = '1';
/** Of a container that is not there, or was ended meanwhile. */
const AWAY = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** The developer's own container, which listens on this pod's loopback alone. */
export class ContainerServer {
  private readonly base: string;
  private readonly model: string;
  /** How long a call may take says the gateway, which gives it up then. */
  private readonly dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  constructor(private readonly image: WireImage) {
    this.base = `http://127.0.0.1:${image.port}`;
    this.model = `${this.base}/v2/models/${encodeURIComponent(image.model)}`;
  }

  async isReady(): Promise<boolean> {
    try {
      const { ok, body } = await fetch(`${this.base}${this.image.readyPath}`);
      await body?.cancel();
      return ok;
    } catch {
      // Nobody listens yet.
      return false;
    }
  }

  /** Its tensors, where it says any: not all servers do. */
  async metadata(): Promise<{
    inputs: OipTensorMetadata[];
    outputs: OipTensorMetadata[];
  }> {
    const response = await fetch(this.model);
    const text = await response.text();
    if (response.status === 404) {
      throw new Error(
        `The container has no model '${this.image.model}' (GET /v2/models/${this.image.model} answers 404): name the one that it serves with image.model.`,
      );
    }
    const answer = response.ok ? asObject(parse(text)) : {};
    return {
      inputs: metadataOf(answer.inputs),
      outputs: metadataOf(answer.outputs),
    };
  }

  /**
   * @throws RequestError with what the container says where the caller is at
   *   fault, without values that were sent, or 503 where nobody answers
   */
  async infer(tensors: OipTensor[], call: Call): Promise<OipTensor[]> {
    const body = JSON.stringify({
      id: call.requestId,
      inputs: tensors.map(({ data, ...tensor }) => ({
        ...tensor,
        data: Array.from(data, value =>
          typeof value === 'bigint' ? exactInteger(value) : value,
        ),
      })),
    });
    const { status, text } = await this.post(body, call.signal);
    if (status >= 400 && status < 500) {
      throw new RequestError(
        status === 429 ? 429 : 400,
        `The model refuses the inputs${reasonOf(text) ?? ` (${status}).`}`,
      );
    }
    if (status === 503) throw this.away();
    // Also where it leads elsewhere: it speaks for itself, and for no other server.
    if (status !== 200) throw new Error(`The container answered ${status}.`);
    return readTensors(parse(text));
  }

  private async post(body: string, signal: AbortSignal) {
    try {
      const answer = await request(`${this.model}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal,
        dispatcher: this.dispatcher,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      const isAway = AWAY.includes(Reflect.get(Object(error), 'code'));
      throw isAway && !signal.aborted ? this.away() : error;
    }
  }

  private away(): RequestError {
    return new RequestError(
      503,
      "The model's container does not answer just now; it is being started again.",
      undefined,
      { 'retry-after': RETRY_AFTER_SECONDS },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** As the protocol writes errors; other forms are the server's own, which may hold all that was sent. */
function reasonOf(text: string): string | undefined {
  const { error } = asObject(parse(text));
  if (typeof error !== 'string') return undefined;
  const reason = requestsInHand.replace(error.slice(0, MAX_REASON_CHARACTERS));
  return `: ${reason.text}`;
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isInteger);

function metadataOf(given: unknown): OipTensorMetadata[] {
  if (!Array.isArray(given)) return [];
  return given.map(asObject).map(({ name, datatype, shape }) => {
    if (
      typeof name !== 'string' ||
      typeof datatype !== 'string' ||
      !isShape(shape)
    )
      throw new Error(
        'The metadata of the model in the container are none of the Open Inference Protocol: each tensor has a name, a datatype and a shape.',
      );
    return { name, datatype, shape };
  });
}

function readTensors(answer: unknown): OipTensor[] {
  const { outputs } = asObject(answer);
  const tensors = Array.isArray(outputs) ? outputs.map(asObject) : [];
  return tensors.map(({ name, datatype, shape, data }) => {
    const flat = Array.isArray(data) ? data.flat(Infinity) : [];
    if (
      typeof name !== 'string' ||
      typeof datatype !== 'string' ||
      !isShape(shape) ||
      flat.length !== shape.reduce((product, size) => product * size, 1)
    )
      throw new Error(
        'The container answered no tensors of the Open Inference Protocol: each has a name, a datatype, a shape and as many data.',
      );
    return { name, datatype, shape, data: flat };
  });
}
