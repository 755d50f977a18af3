/**
 * Driver that runs models as pods of a Kubernetes cluster behind the gateway.
 *
 * @packageDocumentation
 */
export { modelPlatformModuleKubernetes as default } from './module';
