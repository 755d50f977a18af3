import { ServerResponse } from 'node:http';
import { Call } from './flavors/Flavor';

/** One request; its signal is made only for models that ask for it. */
export class CallerCall implements Call {
  waitedMs = 0;
  private controller?: AbortController;

  constructor(
    readonly requestId: string,
    private readonly response: ServerResponse,
  ) {}

  get isGone(): boolean {
    return this.response.destroyed;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = new AbortController();
      const leave = () => {
        if (!this.response.writableFinished) controller.abort();
      };
      this.controller = controller;
      this.response.once('close', leave);
      if (this.response.destroyed) leave();
    }
    return this.controller.signal;
  }
}
