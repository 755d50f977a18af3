import { SearchResultListItemBlueprint } from '@backstage/plugin-search-react/alpha';
import { RiBrainLine } from '@remixicon/react';

export const searchExtensions = [
  SearchResultListItemBlueprint.make({
    params: {
      predicate: result => result.type === 'model-platform-model',
      icon: <RiBrainLine />,
      component: async () => {
        const { ModelSearchResult } = await import('../search');
        return ModelSearchResult;
      },
    },
  }),
];
