import { V1Container } from '@kubernetes/client-node';
import { Placement } from './Placement';

/** It gets what it asks for, and no more: what one model needs is not another's. */
export function containerResources({
  resources: { cpu, memory, gpu },
}: Placement): Pick<V1Container, 'resources'> {
  const amounts = {
    cpu,
    memory,
    ...(gpu ? { 'nvidia.com/gpu': String(gpu) } : {}),
  };
  return { resources: { requests: amounts, limits: amounts } };
}
