import { nameOfRef } from '@model-platform/plugin-model-platform-react';

/** Why, after who; nothing where it names the same declaration once more. */
export function reasonText(of: { actor: string; reason?: string }): string {
  const { actor, reason } = of;
  const isDeclared =
    reason?.startsWith('Declared in ') && reason.endsWith(nameOfRef(actor));
  return reason && !isDeclared ? `: ${reason}` : '';
}
