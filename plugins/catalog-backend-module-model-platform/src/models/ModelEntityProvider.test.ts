import { mockServices } from '@backstage/backend-test-utils';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import { Model } from '@model-platform/plugin-model-platform-common';
import { ModelEntityProvider } from './ModelEntityProvider';
import { RegistryReader } from './RegistryReader';

const PAGE = 200;

function modelOf(index: number): Model {
  const slug = `model-${index}`;
  return {
    id: `id-${index}`,
    name: slug,
    slug,
    type: 'ml',
    description: '',
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
    current: { number: 1, status: 'ready', flavor: 'onnx' },
    etag: '"1"',
  };
}

/** A registry of so many models, whose pages may fail. */
class Registry implements RegistryReader {
  changed: Model[] = [];
  failsAtPage: number | undefined;
  sweeps = 0;

  constructor(private readonly count: number) {}

  async *models() {
    this.sweeps += 1;
    for (let start = 0; start < this.count; start += PAGE) {
      if (start / PAGE === this.failsAtPage) throw new Error('out of order');
      const sizes = Math.min(PAGE, this.count - start);
      yield Array.from({ length: sizes }, (_, index) => modelOf(start + index));
    }
  }

  async *changedModels() {
    yield this.changed;
  }

  async model() {
    return undefined;
  }

  async *endpoints() {}

  async openApi() {
    return undefined;
  }
}

describe('ModelEntityProvider', () => {
  it('reads page by page, removes only after a whole read, and then follows what changed', async () => {
    const reader = new Registry(1_001);
    const mutations: EntityProviderMutation[] = [];
    let run: () => Promise<void> = async () => undefined;
    const provider = new ModelEntityProvider({
      reader,
      catalog: {
        async *refs() {
          yield* [
            'model:default/model-0',
            'model:default/left',
            'api:default/x',
          ];
        },
      },
      taskRunner: {
        run: async task => {
          run = async () => await task.fn(new AbortController().signal);
        },
      },
      events: mockServices.events.mock(),
      logger: mockServices.logger.mock(),
    });
    await provider.connect({
      applyMutation: async mutation => {
        mutations.push(mutation);
      },
      refresh: async () => undefined,
    });
    const deltas = () =>
      mutations.splice(0).map(mutation => {
        if (mutation.type !== 'delta') throw new Error('All at once');
        return {
          added: mutation.added.map(({ entity }) => stringifyEntityRef(entity)),
          removed: mutation.removed.map(one =>
            'entityRef' in one ? one.entityRef : stringifyEntityRef(one.entity),
          ),
        };
      });

    reader.failsAtPage = 3;
    await run();
    const before = deltas();
    expect(before.map(({ added }) => added.length)).toEqual([PAGE, PAGE, PAGE]);
    expect(before.flatMap(({ removed }) => removed)).toEqual([]);

    reader.failsAtPage = undefined;
    await run();
    const whole = deltas();
    expect(whole.flatMap(({ added }) => added)).toHaveLength(1_001);
    expect(Math.max(...whole.map(({ added }) => added.length))).toBe(PAGE);
    expect(whole.flatMap(({ removed }) => removed)).toEqual([
      'model:default/left',
      'api:default/x',
    ]);

    const { sweeps } = reader;
    reader.changed = [
      { ...modelOf(5), archivedAt: '2026-01-02T00:00:00Z' },
      modelOf(7),
      { ...modelOf(8), current: undefined },
    ];
    await run();
    const followed = deltas();
    expect(followed.flatMap(({ added }) => added)).toEqual([
      'model:default/model-7',
    ]);
    expect(followed.flatMap(({ removed }) => removed)).toEqual([
      'model:default/model-5',
      'model:default/model-8',
    ]);
    expect(reader.sweeps).toBe(sweeps);
    provider.stop();
  });
});
