import { ResolvedVariant } from '../types';

/** Of how many calls a variant gets the answers to give, or copies. @public */
export function describeShare({
  weight,
  shadow,
}: Pick<ResolvedVariant, 'weight' | 'shadow'>): string {
  return shadow === undefined ? `${weight} %` : `copies of ${shadow} %`;
}
