import {
  IncomingHttpHeaders,
  IncomingMessage,
  ServerResponse,
} from 'node:http';
import { HeldCalls } from '@model-platform/model-wire';
import { Dispatcher } from 'undici';
import { CallCopy } from './CallCopy';
import { requestHeaders, responseHeaders } from './forwardedHeaders';
import { GatewayError } from './GatewayError';
import { RequestBody } from './RequestBody';
import { Route, RouteVariant } from './Route';
import { RunnerConnection } from './RunnerConnection';

/** nginx's number for a caller that left before the answer. */
const CALLER_LEFT = 499;

/** Which variant answers, by which route. */
export interface Choice {
  route: Route;
  variant: RouteVariant;
  requestId: string;
}

/** One request's facts, as far as the gateway knows them. */
export interface ExchangeOptions {
  request: IncomingMessage;
  response: ServerResponse;
  /** By which it was let in; the choice may be of a later one. */
  route: Route;
  correlationId: string | undefined;
  expectsContinue: boolean;
  copy: CallCopy | undefined;
  /** Of nobody whose token is known: it wakes no runner, and keeps none awake. */
  isAnonymous: boolean;
  /**
   * Called once, when the request is about to be sent on: a body may have taken
   * its time. One that got no further is counted where it would have gone.
   */
  choose(body: Buffer | undefined): Choice;
  /** Lets it wait for a runner; undefined where too many wait, else what ends the waiting. */
  hold(choice: Choice, resume: () => void): (() => void) | undefined;
  /**
   * By the route that is in force now: what it chose may be gone since. Undefined
   * where nothing may answer by now.
   */
  chooseAgain(choice: Choice, body: Buffer | undefined): Choice | undefined;
  /** From now on it is a call of another choice. */
  moved(from: Choice, to: Choice): void;
  /** Answers with an error; called at most once, and only before a header was sent. */
  refuse(
    choice: Choice,
    error: GatewayError,
    options: { isBodyPending: boolean },
  ): void;
  /**
   * The end, whatever it was, with the status code that counts.
   *
   * @param heldMs - how long it has waited for a runner to start, milliseconds
   */
  finished(choice: Choice, code: number, heldMs: number): void;
}

/** One request on its way to a runner and its answer on the way back, bytes unread. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #body: RequestBody;
  readonly #tried = new Set<RunnerConnection>();
  #timer: NodeJS.Timeout | undefined;
  #chosen: Choice | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** That has the call now. */
  #runner: RunnerConnection | undefined;
  #endHold: (() => void) | undefined;
  #heldSince: number | undefined;
  #heldMs = 0;
  #isOver = false;
  /** A runner may have taken it before. */
  #isRepeated = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#body = new RequestBody(options.request, options.response, {
      limitBytes: options.route.maxBodyBytes,
      expectsContinue: options.expectsContinue,
      events: {
        onChunk: chunk => options.copy?.add(chunk),
        onWhole: () => {
          if (options.copy) {
            const { route, requestId } = this.#choice();
            const { correlationId } = options;
            options.copy.send(route, { requestId, correlationId });
          }
        },
        onTooLarge: () =>
          this.#fail(GatewayError.tooLarge(options.route.maxBodyBytes)),
        onBroken: () => this.#callerLeft(),
      },
    });
  }

  start(): void {
    const { response, route } = this.#options;
    if (this.#body.isTooLarge) {
      this.#fail(GatewayError.tooLarge(route.maxBodyBytes));
      return;
    }
    this.#startClock(route.timeoutMs);
    response.on('close', () => {
      if (!response.writableFinished) {
        this.#callerLeft();
      }
    });
    this.#body.prepare(() => this.#attempt());
  }

  #choice(): Choice {
    this.#chosen ??= this.#options.choose(this.#body.gathered);
    return this.#chosen;
  }

  #attempt(): void {
    if (this.#isOver) {
      return;
    }
    const { request, correlationId } = this.#options;
    const { route, variant, requestId } = this.#choice();
    if (variant.held && variant.runners.length === 0 && !this.#isRepeated) {
      if (this.#options.isAnonymous) {
        this.#fail(GatewayError.asleep(route.endpoint));
      } else {
        this.#hold(this.#choice(), variant.held);
      }
      return;
    }
    const runner = route.chooseRunner(variant, this.#tried);
    if (!runner) {
      this.#fail(
        this.#isRepeated
          ? GatewayError.broken(route.endpoint)
          : GatewayError.unreachable(route.endpoint),
      );
      return;
    }
    if (this.#tried.size === 0) {
      variant.repeats?.called(performance.now());
    }
    this.#tried.add(runner);
    this.#runner = runner;
    runner.started(this.#options);
    runner.dispatch(
      {
        path: request.url ?? '/',
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request, {
          requestId,
          correlationId,
          secret: runner.secret,
        }),
        body: this.#body.source(),
      },
      this.#handler(runner),
    );
  }

  /** The clock of the call begins anew with the runner: that it slept is not the model's slowness. */
  #hold(choice: Choice, held: HeldCalls): void {
    const { endpoint } = choice.route;
    this.#endHold = this.#options.hold(choice, () => {
      this.#held();
      if (this.#isOver) {
        return;
      }
      this.#startClock(choice.route.timeoutMs);
      const again = this.#options.chooseAgain(choice, this.#body.gathered);
      if (!again) {
        this.#fail(GatewayError.nothingReady(endpoint));
        return;
      }
      this.#move(again);
      this.#attempt();
    });
    if (!this.#endHold) {
      this.#fail(GatewayError.tooManyHeld(endpoint, held.calls));
      return;
    }
    this.#heldSince = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#fail(GatewayError.startedTooSlowly(endpoint, held.timeoutMs)),
      held.timeoutMs,
    );
  }

  /** It waits no longer. */
  #held(): void {
    this.#endHold = undefined;
    if (this.#heldSince !== undefined) {
      this.#heldMs += performance.now() - this.#heldSince;
      this.#heldSince = undefined;
    }
  }

  #startClock(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#timedOut(), timeoutMs);
  }

  #handler(runner: RunnerConnection): Dispatcher.DispatchHandler {
    const { response, correlationId } = this.#options;
    const { variant, requestId } = this.#choice();
    let isDelivered = false;
    let isRunning = true;
    let bytesLeft = -1;
    // Kept until there is something to send with it: a runner that ends in
    // between gets the caller an error, not a broken connection.
    let sendHead: (() => void) | undefined;
    const done = () => {
      if (isRunning) {
        isRunning = false;
        runner.finished(this.#options);
      }
    };
    return {
      // Called when the request is about to be written to an open connection.
      onRequestStart: controller => {
        isDelivered = true;
        if (this.#isOver) {
          controller.abort(new Error('The request is over'));
          return;
        }
        this.#controller = controller;
      },
      onResponseStart: (_controller, status, headers) => {
        if (this.#isOver || status < 200) {
          return;
        }
        runner.answered(status);
        // From here on the limit is on the pause between two chunks, so that a
        // stream may last.
        this.#timer?.refresh();
        sendHead = () => {
          sendHead = undefined;
          // With the words of the standard: a runner's may hold what no header can.
          response.writeHead(
            status,
            responseHeaders(headers, {
              requestId,
              correlationId,
              version: variant.version,
              variant: variant.name,
            }),
          );
        };
        bytesLeft = declaredBytes(headers);
        if (bytesLeft === -1) {
          // A stream: the caller waits for its head.
          sendHead();
          response.flushHeaders();
        }
      },
      onResponseData: (controller, chunk) => {
        if (this.#isOver) {
          return;
        }
        this.#timer?.refresh();
        sendHead?.();
        bytesLeft -= chunk.length;
        if (bytesLeft === 0) {
          // The last chunk and the end in one write.
          response.end(chunk);
        } else if (!response.write(chunk)) {
          controller.pause();
          response.once('drain', () => controller.resume());
        }
      },
      onResponseEnd: () => {
        done();
        if (!this.#isOver) {
          sendHead?.();
          response.end();
          this.#over(response.statusCode);
        }
      },
      onResponseError: (_controller, error) => {
        done();
        if (this.#isOver) {
          return;
        }
        runner.avoid();
        if (!response.headersSent && this.#mayAskAnother(isDelivered)) {
          this.#attempt();
          return;
        }
        if (response.headersSent) {
          // The caller must not take half an answer for a whole one.
          this.#over(502);
          response.destroy(error);
          return;
        }
        this.#fail(GatewayError.broken(this.#options.route.endpoint));
      },
    };
  }

  /**
   * What no runner has got is offered to all of them. What one may have taken,
   * to one more, where making it twice is no harm: a call that ends runners
   * must not end them all.
   */
  #mayAskAnother(isDelivered: boolean): boolean {
    const { repeats } = this.#choice().variant;
    if (isDelivered && this.#isRepeated) {
      repeats?.failed(performance.now());
    }
    if (
      !this.#body.isWhole ||
      (isDelivered && (!repeats || this.#isRepeated))
    ) {
      return false;
    }
    const next =
      this.#options.chooseAgain(this.#choice(), this.#body.gathered) ??
      this.#choice();
    if (isDelivered) {
      const { runners } = next.variant;
      const inFlight = runners.reduce((sum, one) => sum + one.inFlight, 0);
      this.#isRepeated =
        runners.some(runner => !this.#tried.has(runner)) &&
        repeats?.take(performance.now(), inFlight) === true;
      // What is over is none of another revision's failures.
      if (!this.#isRepeated) return false;
    }
    this.#move(next);
    return true;
  }

  #move(next: Choice): void {
    const before = this.#choice();
    if (next === before) return;
    this.#chosen = next;
    this.#options.moved(before, next);
  }

  #timedOut(): void {
    const { response, route } = this.#options;
    if (response.headersSent) {
      // A slow reader at the other end is no fault of the model's, but holds a runner too.
      this.#over(504);
      this.#abort();
      response.destroy();
      return;
    }
    if (this.#body.isComplete) {
      this.#runner?.avoid();
    }
    this.#fail(
      this.#body.isComplete
        ? GatewayError.tooSlow(route.endpoint, route.timeoutMs)
        : GatewayError.bodyTooSlow(route.timeoutMs),
    );
  }

  #callerLeft(): void {
    if (!this.#isOver) {
      this.#over(CALLER_LEFT);
      this.#abort();
    }
  }

  #fail(error: GatewayError): void {
    if (this.#isOver) {
      return;
    }
    this.#over(error.status);
    this.#abort();
    if (this.#options.response.headersSent) {
      this.#options.response.destroy();
    } else {
      this.#options.refuse(this.#choice(), error, {
        isBodyPending: !this.#body.isComplete,
      });
    }
  }

  #over(code: number): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#endHold?.();
    this.#held();
    this.#options.copy?.cancel();
    this.#options.finished(this.#choice(), code, this.#heldMs);
  }

  #abort(): void {
    if (this.#controller && !this.#controller.aborted) {
      this.#controller.abort(new Error('The request is over'));
    }
  }
}

function declaredBytes(headers: IncomingHttpHeaders): number {
  const value = headers['content-length'];
  return value === undefined ? -1 : Number(value);
}
