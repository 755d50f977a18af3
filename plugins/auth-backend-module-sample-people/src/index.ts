/**
 * Local sign-in as one of the sample people, on loopback only.
 *
 * @packageDocumentation
 */
export { authModuleSamplePeople as default } from './module';
export { loopbackOnly } from './loopbackOnly';
export { isLoopbackHost } from './isLoopbackHost';
