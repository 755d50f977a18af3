import { AsyncLocalStorage } from 'node:async_hooks';

/** Id of the request that endpoint code works for, wherever it logs from. */
export const currentRequest = new AsyncLocalStorage<string>();
