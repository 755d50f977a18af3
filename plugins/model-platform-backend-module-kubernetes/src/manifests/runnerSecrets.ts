import { V1Secret } from '@kubernetes/client-node';
import { metadataOf, Placement } from './Placement';

/** What a runner must know and nobody else: its keys, and files with what the environment says to the model. */
export function runnerSecrets(placement: Placement): V1Secret {
  const { secrets, settingsFiles } = placement;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(placement),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries({
        'runner-secret': secrets.runner,
        'state-key': secrets.state,
        ...settingsFiles,
      }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
  };
}
