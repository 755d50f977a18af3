import { setTimeout as pause } from 'node:timers/promises';
import { LanguageModelSettings } from '@model-platform/model-wire';
import { EventSourceParserStream, ParseError } from 'eventsource-parser/stream';
import { anthropic } from './anthropic';
import { LanguageModelFailure } from './LanguageModelFailure';
import { LanguageModelMetrics } from './LanguageModelMetrics';
import { openAi } from './openAi';
import { MAX_ANSWER_BYTES, postJson, readJsonBody } from './postJson';
import {
  Completion,
  LanguageModelRequest,
  Piece,
  Protocol,
  Usage,
} from './Protocol';
import { TimeLimit } from './TimeLimit';

const protocols: Record<LanguageModelSettings['protocol'], Protocol> = {
  openai: openAi,
  anthropic,
};

/** Before the second attempt where the server does not say; doubles with each. */
const FIRST_PAUSE_MS = 500;

/** A server that completes messages, reached as the environment says. */
export class LanguageModel {
  private readonly protocol: Protocol;

  constructor(
    readonly settings: LanguageModelSettings,
    private readonly metrics: LanguageModelMetrics,
  ) {
    this.protocol = protocols[settings.protocol];
  }

  /** All that one answer takes has one limit. */
  async within<T>(
    caller: AbortSignal,
    work: (limit: TimeLimit) => Promise<T>,
  ): Promise<T> {
    const limit = this.limit(caller);
    try {
      return await work(limit);
    } finally {
      limit.end();
    }
  }

  /**
   * The whole answer at once.
   *
   * @throws LanguageModelFailure where there is none within the limit
   */
  async complete(
    request: LanguageModelRequest,
    limit: TimeLimit,
  ): Promise<Completion> {
    const { result, begin } = await this.attempts(limit, async () =>
      this.protocol.readAnswer(
        await readJsonBody(await this.send(request, limit, false)),
      ),
    );
    this.count(begin, result.usage);
    return result;
  }

  /**
   * The answer as it comes: its text piece by piece, at last the whole. What
   * fails before the first text is tried again, nothing after it.
   *
   * @throws LanguageModelFailure where it does not come to its end
   */
  async *stream(
    request: LanguageModelRequest,
    caller: AbortSignal,
  ): AsyncGenerator<{ delta: string } | Completion> {
    const limit = this.limit(caller);
    try {
      const { result: pieces, begin } = await this.attempts(
        limit,
        async () =>
          await untilText(
            this.pieces(await this.send(request, limit, true), limit),
          ),
      );
      const completion: Completion = { text: '', finishReason: null };
      const usage: Partial<Usage> = {};
      let isWhole = false;
      try {
        for await (const piece of pieces) {
          completion.finishReason =
            piece.finishReason ?? completion.finishReason;
          Object.assign(usage, piece.usage);
          isWhole ||= piece.isEnd === true || piece.finishReason !== undefined;
          if (piece.text) {
            completion.text += piece.text;
            if (completion.text.length > MAX_ANSWER_BYTES)
              throw new LanguageModelFailure('malformed');
            yield { delta: piece.text };
          }
        }
        if (!isWhole) throw new LanguageModelFailure('cut');
      } catch (error) {
        throw this.failure(error, limit, begin);
      }
      if (usage.inputTokens !== undefined && usage.outputTokens !== undefined)
        completion.usage = {
          inputTokens: usage.inputTokens,
          outputTokens: usage.outputTokens,
        };
      this.count(begin, completion.usage);
      yield completion;
    } finally {
      limit.end();
    }
  }

  private limit(caller: AbortSignal): TimeLimit {
    return new TimeLimit(this.settings.timeoutSeconds * 1000, caller);
  }

  private async send(
    request: LanguageModelRequest,
    limit: TimeLimit,
    stream: boolean,
  ): Promise<Response> {
    const { baseUrl } = this.settings;
    return await postJson(this.protocol.url(baseUrl.replace(/\/+$/, '')), {
      headers: {
        ...this.protocol.headers(this.settings),
        ...this.keyHeader(),
      },
      body: this.protocol.body(request, this.settings, stream),
      signal: limit.signal,
    });
  }

  private keyHeader(): Record<string, string> {
    const { apiKey, apiKeyHeader = this.protocol.apiKeyHeader } = this.settings;
    if (!apiKey) return {};
    const isBearer = apiKeyHeader.toLowerCase() === 'authorization';
    return { [apiKeyHeader]: isBearer ? `Bearer ${apiKey}` : apiKey };
  }

  private async *pieces(
    response: Response,
    limit: TimeLimit,
  ): AsyncGenerator<Piece, void> {
    if (!response.body) throw new LanguageModelFailure('malformed');
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(
        new EventSourceParserStream({ maxBufferSize: MAX_ANSWER_BYTES }),
      );
    try {
      for await (const { data } of events) {
        limit.touch();
        yield this.protocol.readEvent(data);
      }
    } catch (cause) {
      if (cause instanceof LanguageModelFailure) throw cause;
      throw new LanguageModelFailure(
        cause instanceof ParseError ? 'malformed' : 'cut',
        { cause },
      );
    }
  }

  private async attempts<T>(
    limit: TimeLimit,
    attempt: () => Promise<T>,
  ): Promise<{ result: T; begin: number }> {
    for (let tried = 0; ; tried += 1) {
      const begin = performance.now();
      try {
        return { result: await attempt(), begin };
      } catch (error) {
        const failure = this.failure(error, limit, begin);
        if (
          !(failure instanceof LanguageModelFailure) ||
          !failure.isPassing ||
          tried >= this.settings.retries
        )
          throw failure;
        const { retryAfterSeconds } = failure.options;
        const pauseMs =
          retryAfterSeconds === undefined
            ? FIRST_PAUSE_MS * 2 ** tried * (0.75 + Math.random() / 2)
            : retryAfterSeconds * 1000;
        if (pauseMs >= limit.remainingMs) throw failure;
        await pause(pauseMs, undefined, { signal: limit.signal });
      }
    }
  }

  /** What an attempt ended with, counted. */
  private failure(error: unknown, limit: TimeLimit, begin: number): unknown {
    const failure = limit.isOver ? new LanguageModelFailure('timeout') : error;
    if (failure instanceof LanguageModelFailure)
      this.metrics.countOperation(
        this.settings,
        secondsSince(begin),
        // Only the caller ends it before its time.
        !limit.isOver && limit.signal.aborted ? 'cancelled' : failure.kind,
      );
    return failure;
  }

  private count(begin: number, usage: Usage | undefined): void {
    this.metrics.countOperation(this.settings, secondsSince(begin));
    if (usage) this.metrics.countUsage(this.settings, usage);
  }
}

/**
 * Waits for the first piece with text, and gives all; what came before it as one
 * with it, for a model may think for long.
 *
 * @throws LanguageModelFailure where there is no piece at all
 */
async function untilText(
  pieces: AsyncGenerator<Piece, void>,
): Promise<AsyncIterable<Piece>> {
  let first: Piece | undefined;
  let next = await pieces.next();
  while (!next.done) {
    first = joined(first, next.value);
    if (first.text) break;
    next = await pieces.next();
  }
  if (!first) throw new LanguageModelFailure('malformed');
  const begin = first;
  return (async function* all() {
    yield begin;
    yield* pieces;
  })();
}

function joined(before: Piece = {}, piece: Piece): Piece {
  return {
    text: piece.text,
    finishReason: piece.finishReason ?? before.finishReason,
    usage: { ...before.usage, ...piece.usage },
    isEnd: before.isEnd || piece.isEnd,
  };
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000;
}
