import { createHmac } from 'node:crypto';
import { runnerSecretOf, stateBinding } from '@model-platform/model-wire';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';

/**
 * Secrets of gateways and runners, made of one key: the same ones for every
 * replica of the portal and after every restart, though none is ever read back
 * from the cluster.
 */
export class DerivedKeys {
  constructor(private readonly key: string) {}

  /** Of the gateways of a namespace: with it they make the secret of each of its runners. */
  runnersKey(namespace: string): string {
    return this.derive('runners', namespace);
  }

  /** That the runners of one service have; the key that it is made of they have not. */
  runnerSecret(namespace: string, service: string): string {
    return runnerSecretOf(this.runnersKey(namespace), service);
  }

  adminSecret(namespace: string): string {
    return this.derive('admin', namespace);
  }

  /** Opens the figures of a namespace's gateways and runners, and nothing else. */
  metricsSecret(namespace: string): string {
    return this.derive('metrics', namespace);
  }

  /** Of the key itself: another one has another, which says nothing about it. */
  fingerprint(): string {
    return this.derive('fingerprint').slice(0, 12);
  }

  /** One for all: outcomes are reported whatever gateway a call went through. */
  requestIdSecret(): string {
    return this.derive('request-id');
  }

  /** The same for all runners of a version, another one for each version. */
  stateKey(
    model: { id: string; system: string; slug: string },
    version: ModelVersion,
  ): string {
    return this.derive(
      'state',
      stateBinding({
        model: { ...model, name: '', type: '', description: '' },
        version: version.number,
        digest: version.manifestDigest,
      }),
    );
  }

  private derive(...purpose: string[]): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify(purpose))
      .digest('base64url');
  }
}
