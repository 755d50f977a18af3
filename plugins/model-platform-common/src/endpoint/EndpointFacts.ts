import { Signature } from '../types';

/** What an endpoint's documents are made from. @public */
export interface EndpointFacts {
  /** The endpoint's name, which stands for the model's in the Open Inference Protocol. */
  endpoint: string;
  model: { name: string; description: string; type: string };
  version: number;
  signature: Signature;
  /** One line of inputs that the endpoint answers. */
  example?: Record<string, unknown>;
  /** Some answer as a stream too. */
  flavor?: string;
}
