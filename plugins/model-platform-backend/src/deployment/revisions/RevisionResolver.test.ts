import { Model } from '@model-platform/plugin-model-platform-common';
import { RevisionResolver } from './RevisionResolver';

describe('RevisionResolver', () => {
  const model: Model = {
    id: 'm-1',
    name: 'iris',
    slug: 'iris',
    type: 'ml',
    description: 'Tells species apart',
    owner: 'group:default/botany-ml',
    system: 'plant-catalogue',
    lifecycle: 'production',
    visibility: 'system',
    sharedWith: [],
    tags: [],
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'user:default/mira',
    updatedAt: '2026-01-01T00:00:00Z',
    aliases: {},
    etag: '"1"',
  };

  it.each(['constructor', '__proto__', 'toString', 'champion'])(
    'says that there is no alias %s, whatever objects inherit',
    async alias => {
      const resolver = new RevisionResolver({
        find: async () => model,
        byId: async () => model,
        version: async () => {
          throw new Error('No version is to be asked for');
        },
        isDraft: async () => false,
        openFile: async () => {
          throw new Error('No file is to be asked for');
        },
      });
      const { problems, watched } = await resolver.resolve({
        system: 'plant-catalogue',
        environment: 'local',
        model: 'iris',
        variants: [{ name: 'main', version: { alias } }],
        triggers: [{ onAlias: { alias } }],
      });
      expect(problems).toEqual([
        expect.objectContaining({ field: 'spec.variants[0].version' }),
      ]);
      expect(watched).toEqual({ 'm-1': { aliases: {} } });
    },
  );
});
