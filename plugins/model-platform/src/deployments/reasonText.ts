import { nameOfRef } from '@model-platform/plugin-model-platform-react';

/** Why, after who; nothing where it names the same declaration once more. */
export function reasonText(of: { actor: string; reason?: string }): string {
  const { actor, reason } = of;
  return reason && reason !== `Declared in ${nameOfRef(actor)}`
    ? `: ${reason}`
    : '';
}
