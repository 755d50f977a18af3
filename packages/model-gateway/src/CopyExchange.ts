import { Dispatcher } from 'undici';
import { CopyMetrics } from './CopyMetrics';
import { RunnerConnection } from './RunnerConnection';

/** One copy on its way to a runner; its answer is counted and dropped. */
export class CopyExchange implements Dispatcher.DispatchHandler {
  readonly #runner: RunnerConnection;
  readonly #metrics: CopyMetrics;
  readonly #onOver: () => void;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #isOver = false;

  constructor(options: {
    runner: RunnerConnection;
    metrics: CopyMetrics;
    timeoutMs: number;
    onOver: () => void;
  }) {
    this.#runner = options.runner;
    this.#metrics = options.metrics;
    this.#onOver = options.onOver;
    this.#timer = setTimeout(() => {
      this.#over(504);
      this.#controller?.abort(new Error('The copy took too long'));
    }, options.timeoutMs);
    this.#metrics.started();
    this.#runner.started();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) {
      controller.abort(new Error('The copy took too long'));
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(): void {
    // As for a call: the limit is on the pause between two chunks.
    if (!this.#isOver) {
      this.#timer.refresh();
    }
  }

  onResponseEnd(): void {
    this.#over(this.#status);
  }

  onResponseError(): void {
    if (this.#controller) {
      this.#over(502);
    } else {
      this.#runner.avoid();
      this.#over(503);
    }
  }

  #over(code: number): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    clearTimeout(this.#timer);
    const durationMs = performance.now() - this.#startedAt;
    this.#metrics.finished(undefined, code, durationMs / 1000);
    this.#runner.finished();
    this.#onOver();
  }
}
