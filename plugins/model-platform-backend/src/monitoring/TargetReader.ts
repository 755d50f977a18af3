import { ResponseError } from '@backstage/errors';
import { ScrapeTarget } from '@model-platform/plugin-model-platform-node';
import { Agent, fetch } from 'undici';

const TIMEOUT_MS = 4_000;
/** What is larger is a mistake of whoever counts; gateways and engines count for many. */
const MAX_BYTES = { runner: 8 << 20, gateway: 64 << 20, engine: 64 << 20 };

/** Reads what targets expose. */
export class TargetReader {
  private readonly dispatcher = new Agent({ connectTimeout: 2_000 });

  /** The text as it is. Throws where it is not to be had in time, or too large. */
  async read(target: ScrapeTarget): Promise<string> {
    const response = await fetch(target.url, {
      headers: { accept: 'text/plain', ...target.headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      dispatcher: this.dispatcher,
      redirect: 'error',
    });
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    const maxBytes = MAX_BYTES[target.kind];
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw new Error(`its answer is larger than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
