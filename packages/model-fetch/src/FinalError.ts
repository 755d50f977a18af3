/** It will not be otherwise the next time. */
export class FinalError extends Error {}
