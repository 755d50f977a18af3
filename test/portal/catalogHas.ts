import { eventually, Platform } from '../platform/Platform';

/** Waits until the catalog has a model, which it hears of a moment after the registry: before that, there is no page of it. */
export async function catalogHas(
  platform: Platform,
  slug: string,
): Promise<void> {
  const mira = await platform.signIn('mira');
  await eventually(`the catalog has ${slug}`, async () => {
    const { ok } = await fetch(
      `${platform.quickstart.portalUrl}/api/catalog/entities/by-name/model/default/${slug}`,
      { headers: { authorization: `Bearer ${mira}` } },
    );
    return ok;
  });
}
