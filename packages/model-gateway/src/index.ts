/**
 * The load balancer in front of runners: tokens, traffic plan, limits and
 * counting. It forwards bytes unread.
 *
 * @packageDocumentation
 */
export { makeRequestId, verifyRequestId } from './requestId';
export type { RequestFacts } from './requestId';
export { startGateway } from './startGateway';
export type { RunningGateway } from './startGateway';
