/**
 * Tells a gateway in a Kubernetes cluster what its routes are.
 *
 * @packageDocumentation
 */
export { GatewayAgent } from './GatewayAgent';
export { resolveRoutes } from './resolveRoutes';
