import { Signature, SignatureBreak } from '../types';
import { signatureBreaks } from './signatureBreaks';

/** A variant with the signature of its version. @public */
export interface SignedVariant {
  name: string;
  /** Share of traffic, in percent. */
  weight: number;
  signature: Signature;
}

/**
 * The one signature that an endpoint publishes for its variants: of the variant
 * with the most traffic whose calls every other variant takes, and answers as
 * promised. Where there is none, that with the most traffic, and what the
 * others break of it.
 * @public
 */
export function publishedSignature<T extends SignedVariant>(
  variants: T[],
): {
  published: T | undefined;
  breaks: Array<SignatureBreak & { variant: string }>;
} {
  const byTraffic = [...variants].sort((a, b) => b.weight - a.weight);
  const candidates = byTraffic.map(published => ({
    published,
    breaks: variants
      .filter(other => other !== published)
      .flatMap(({ name, signature }) =>
        signatureBreaks(published.signature, signature).map(found => ({
          ...found,
          variant: name,
        })),
      ),
  }));
  return (
    candidates.find(({ breaks }) => breaks.length === 0) ??
    candidates[0] ?? { published: undefined, breaks: [] }
  );
}
