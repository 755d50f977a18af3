import { V1Secret } from '@kubernetes/client-node';
import { metadataOf, Placement } from './Placement';

/** Of the identity that reads the bucket, by what the fetching container is told them as. */
export const ARTIFACT_KEYS = {
  AWS_ACCESS_KEY_ID: 'artifacts-access-key-id',
  AWS_SECRET_ACCESS_KEY: 'artifacts-secret-access-key',
} as const;

/** What a runner must know and nobody else: its keys, and files with what the environment says to the model. */
export function runnerSecrets(placement: Placement): V1Secret {
  const { secrets, settings, settingsFiles } = placement;
  const reader = settings.artifacts?.credentials;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(placement),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries({
        'runner-secret': secrets.runner,
        ...(secrets.state ? { 'state-key': secrets.state } : {}),
        ...(reader
          ? {
              [ARTIFACT_KEYS.AWS_ACCESS_KEY_ID]: reader.accessKeyId,
              [ARTIFACT_KEYS.AWS_SECRET_ACCESS_KEY]: reader.secretAccessKey,
            }
          : {}),
        ...settingsFiles,
      }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
  };
}
