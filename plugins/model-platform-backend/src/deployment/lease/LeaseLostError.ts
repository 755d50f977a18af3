/** Another process of the portal leads by now: what this one was about to write is not written. */
export class LeaseLostError extends Error {
  constructor() {
    super('Another process of the portal leads by now');
    this.name = 'LeaseLostError';
  }
}
