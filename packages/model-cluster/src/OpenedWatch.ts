import { KubeConfig, Watch } from '@kubernetes/client-node';

/** Tells when the server has begun to answer, and when it took the connection and did not. */
export class OpenedWatch extends Watch {
  constructor(
    config: KubeConfig,
    private readonly on: {
      open(): void;
      /** It is asked again all the same. */
      unanswered(error: Error): void;
    },
  ) {
    super(config);
  }

  override async watch(
    ...[path, query, onEvent, onEnd]: Parameters<Watch['watch']>
  ): Promise<AbortController> {
    let isOpen = false;
    let isOver = false;
    const controller = await super.watch(path, query, onEvent, error => {
      isOver = true;
      if (!isOpen && error?.name === 'TimeoutError') this.on.unanswered(error);
      return onEnd(error);
    });
    isOpen = !isOver;
    if (isOpen) this.on.open();
    return controller;
  }
}
