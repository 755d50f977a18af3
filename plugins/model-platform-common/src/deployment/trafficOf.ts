import { Deployment } from '../types/Deployment';
import { ResolvedVariant } from '../types/ResolvedVariant';

/**
 * Who gets which share of the calls: of a canary under way, both revisions by
 * its step; what shall get it where nothing serves yet. @public
 */
export function trafficOf({
  canary,
  revision,
  serving,
}: Deployment): ResolvedVariant[] {
  const wanted = revision?.variants ?? [];
  if (canary?.phase === 'promoted') return wanted;
  // What serves beside is shown only to those who may see it.
  if (canary?.phase !== 'progressing' || canary.stable.length === 0)
    return serving?.variants ?? wanted;
  const share = (variants: ResolvedVariant[], percent: number) =>
    variants.map(variant => ({
      ...variant,
      weight: Math.round(variant.weight * percent * 10) / 1000,
    }));
  return [
    ...share(canary.stable, 100 - canary.weight),
    ...share(wanted, canary.weight),
  ];
}
