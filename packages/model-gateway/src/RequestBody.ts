import { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Bodies up to here are read whole: one write to the runner, and another runner can be asked. */
const GATHER_BYTES = 64 * 1024;

/** What became of a request's body. */
export interface BodyEvents {
  /** Bytes on their way; not to be changed. */
  onChunk(chunk: Buffer): void;
  /** All of it has come, and none was too much. */
  onWhole(): void;
  onTooLarge(): void;
  /** Streams only: the caller left in the middle. */
  onBroken(): void;
}

/** A request's body on its way to a runner, bounded and unread. */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limitBytes: number;
  readonly #events: BodyEvents;
  readonly #expectsContinue: boolean;
  #gathered: Buffer | undefined;
  #taken = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: {
      limitBytes: number;
      expectsContinue: boolean;
      events: BodyEvents;
    },
  ) {
    this.#request = request;
    this.#response = response;
    this.#limitBytes = options.limitBytes;
    this.#expectsContinue = options.expectsContinue;
    this.#events = options.events;
  }

  /** As the caller declares it; undefined if there is none or it comes in chunks. */
  get declaredBytes(): number | undefined {
    const value = this.#request.headers['content-length'];
    return value === undefined ? undefined : Number(value);
  }

  get #isChunked(): boolean {
    return this.#request.headers['transfer-encoding'] !== undefined;
  }

  get isTooLarge(): boolean {
    return (this.declaredBytes ?? 0) > this.#limitBytes;
  }

  /** Whether all of it can still be given to a runner. */
  get isWhole(): boolean {
    return !this.#taken;
  }

  /** Whether the caller has sent all of it. */
  get isComplete(): boolean {
    return this.#request.complete || (!this.#isChunked && !this.declaredBytes);
  }

  /** The whole body, where it is small enough to be read before it is sent on. */
  get gathered(): Buffer | undefined {
    return this.#gathered;
  }

  /** Calls back once there is something to dispatch. */
  prepare(ready: () => void): void {
    const declared = this.declaredBytes;
    if (!this.#isChunked && !declared) {
      ready();
      this.#events.onWhole();
      return;
    }
    if (this.#expectsContinue) {
      this.#response.writeContinue();
    }
    if (declared === undefined || declared > GATHER_BYTES) {
      ready();
      return;
    }
    const chunks: Buffer[] = [];
    this.#request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      this.#events.onChunk(chunk);
    });
    this.#request.on('end', () => {
      this.#gathered = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      ready();
      this.#events.onWhole();
    });
  }

  /** The body for one attempt. */
  source(): Buffer | Readable | undefined {
    if (this.#gathered) {
      return this.#gathered;
    }
    return this.#isChunked || this.declaredBytes ? this.#stream() : undefined;
  }

  #stream(): Readable {
    const request = this.#request;
    let count = 0;
    let isWired = false;
    const stream = new Readable({
      read: () => {
        this.#taken = true;
        if (isWired) {
          request.resume();
          return;
        }
        isWired = true;
        request.on('data', (chunk: Buffer) => {
          count += chunk.length;
          if (count > this.#limitBytes) {
            request.pause();
            this.#events.onTooLarge();
            return;
          }
          this.#events.onChunk(chunk);
          if (!stream.destroyed && !stream.push(chunk)) {
            request.pause();
          }
        });
        request.on('end', () => {
          stream.push(null);
          this.#events.onWhole();
        });
        request.on('close', () => {
          if (!request.complete) {
            this.#events.onBroken();
          }
        });
      },
    });
    return stream;
  }
}
