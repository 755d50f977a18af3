import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** An answer as it is sent. */
export interface Answer {
  body: Buffer;
  /** Weak: on its way it may be compressed. */
  etag: string;
}

/**
 * Keeps answers as they are sent for as long as they hold, the last used ones,
 * up to so many bytes. Those who ask for one that is being made share it.
 */
export class AnswerCache {
  private readonly answers: LRUCache<string, Answer & { state: string }>;
  private readonly making = new Map<string, Promise<Answer>>();

  constructor(options: { maxBytes: number; maxAgeMs: number }) {
    this.answers = new LRUCache({
      maxSize: options.maxBytes,
      sizeCalculation: ({ body, state }, question) =>
        body.length + 2 * (state.length + question.length),
      ttl: options.maxAgeMs,
    });
  }

  /**
   * @param question - everything that is asked, and on whose behalf
   * @param state - of all that the answer is made of, read before this is called
   */
  async get(
    question: string,
    state: string,
    make: () => Promise<unknown>,
  ): Promise<Answer> {
    const known = this.answers.get(question);
    if (known?.state === state) return known;
    const key = `${state} ${question}`;
    let made = this.making.get(key);
    if (!made) {
      made = this.make(question, state, make).finally(() =>
        this.making.delete(key),
      );
      this.making.set(key, made);
    }
    return await made;
  }

  private async make(
    question: string,
    state: string,
    make: () => Promise<unknown>,
  ): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(await make()));
    const etag = `W/"${createHash('sha1').update(body).digest('base64url')}"`;
    this.answers.set(question, { body, etag, state });
    return { body, etag };
  }
}
