import { WireSignature } from '@model-platform/model-wire';
import { Flavor } from './Flavor';

/** @throws Error where the signature has bytes, and the flavor's engine knows none */
export function refuseBytes(
  { name, takesBytes }: Flavor,
  { inputs, outputs }: WireSignature,
): void {
  const bytes = [...inputs, ...outputs].filter(({ type }) => type === 'bytes');
  if (takesBytes || bytes.length === 0) return;
  throw new Error(
    `The signature does not fit: the flavor ${name} knows no bytes, of which type ${bytes
      .map(field => `'${field.name}'`)
      .join(', ')} are. Endpoint code can make something else of them.`,
  );
}
