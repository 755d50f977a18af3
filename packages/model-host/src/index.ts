/**
 * The process that keeps gateway and runners alive on one machine. Started as
 * a program; its API is described by HostApi of model-wire.
 *
 * @packageDocumentation
 */
export { hostEnvironmentSchema } from './HostSettings';
