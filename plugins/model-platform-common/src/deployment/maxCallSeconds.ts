/** The longest time that a deployment or version may allow a call, seconds. @public */
export const MAX_CALL_SECONDS = 3600;
