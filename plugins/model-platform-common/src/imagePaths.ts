/** Where a container of the developer's own says that it lives. @public */
export const IMAGE_LIVE_PATH = '/v2/health/live';

/** Where it says that it can be called. @public */
export const IMAGE_READY_PATH = '/v2/health/ready';
