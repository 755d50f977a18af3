import { expect, test } from '@playwright/test';
import { eventually } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

const plants = ['iris', 'plant-doctor', 'planting-advice', 'watering-plan'];
const patients = ['disease-progression', 'ward-staffing'];
const examples = [...plants, ...patients].sort();
const people: Record<string, string[]> = {
  mira: plants,
  arun: plants,
  sofia: examples,
  pat: examples,
  dana: patients,
};

for (const [person, expected] of Object.entries(people)) {
  test(`${person} sees the same models in registry, catalog, search and KPIs`, async () => {
    const platform = sharedPlatform();
    const { portalUrl } = platform.quickstart;
    const token = await platform.signIn(person);
    const get = async (route: string) => {
      const response = await fetch(`${portalUrl}/api/${route}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(response.status, route).toBe(200);
      return await response.json();
    };
    const ours = (slugs: string[]) =>
      slugs.filter(slug => examples.includes(slug)).sort();

    const registry = await get(
      'model-platform/v1/models?limit=100&facets=owner',
    );
    expect(
      ours(registry.items.map((model: { slug: string }) => model.slug)),
    ).toEqual(expected);
    expect(
      registry.facets.owner.reduce(
        (sum: number, facet: { count: number }) => sum + facet.count,
        0,
      ),
    ).toBe(registry.totalItems);
    const everything = registry.items
      .map((model: { slug: string }) => model.slug)
      .sort();

    await eventually(`${person}'s catalog`, async () => {
      const { items } = await get(
        'catalog/entities/by-query?filter=kind=model&limit=500',
      );
      expect(items.map((entity: any) => entity.metadata.name).sort()).toEqual(
        everything,
      );
      return true;
    });
    await eventually(
      `${person}'s search`,
      async () => {
        const { results } = await get(
          'search/query?term=&types[0]=model-platform-model&pageLimit=100',
        );
        expect(
          results
            .map(({ document }: any) => document.location.split('/').pop())
            .sort(),
        ).toEqual(everything);
        return true;
      },
      180_000,
    );
    const kpis = await get('model-platform/v1/kpis/overview?range=7d');
    expect(
      kpis.models.map((model: { slug: string }) => model.slug).sort(),
    ).toEqual(everything);
    expect(kpis.modelsPublished.value).toBe(everything.length);

    const deployments = await get('model-platform/v1/deployments?limit=100');
    expect(
      ours(
        deployments.items.map(
          (deployment: { name: string }) => deployment.name,
        ),
      ),
    ).toEqual(expected);
    for (const slug of examples) {
      const direct = await fetch(
        `${portalUrl}/api/model-platform/v1/models/${slug}`,
        {
          headers: { authorization: `Bearer ${token}` },
        },
      );
      expect(direct.status).toBe(expected.includes(slug) ? 200 : 404);
      const entity = await fetch(
        `${portalUrl}/api/catalog/entities/by-name/model/default/${slug}`,
        {
          headers: { authorization: `Bearer ${token}` },
        },
      );
      expect(entity.status).toBe(expected.includes(slug) ? 200 : 404);
    }
  });
}
