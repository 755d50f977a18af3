import {
  Deployment,
  ResolvedVariant,
} from '@model-platform/plugin-model-platform-common';

/** Who gets which share of the calls: of a canary, both revisions by its step. */
export function trafficOf({ canary, revision }: Deployment): ResolvedVariant[] {
  const wanted = revision?.variants ?? [];
  // What serves beside is shown only to those who may see it.
  if (!canary?.stable.length || canary.phase === 'promoted') return wanted;
  if (canary.phase === 'rolled-back') return canary.stable;
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
