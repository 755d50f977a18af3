import { KubeConfig, Watch } from '@kubernetes/client-node';

/** Tells when the server has begun to answer. */
export class OpenedWatch extends Watch {
  constructor(config: KubeConfig, private readonly onOpen: () => void) {
    super(config);
  }

  override async watch(
    ...[path, query, onEvent, onEnd]: Parameters<Watch['watch']>
  ): Promise<AbortController> {
    let isOver = false;
    const controller = await super.watch(path, query, onEvent, error => {
      isOver = true;
      return onEnd(error);
    });
    if (!isOver) this.onOpen();
    return controller;
  }
}
