import {
  KpiModelRow,
  KpiOverview,
} from '@model-platform/plugin-model-platform-common';
import { Loaded, useLoaded } from '@model-platform/plugin-model-platform-react';

/** How models are used: calls of seven days, and what needs attention. */
export interface Usage {
  rows: Map<string, KpiModelRow>;
  attention: Map<string, KpiOverview['attention']>;
}

/** Of all models that the reader may see, by slug. */
export function useUsage(): Loaded<Usage> {
  return useLoaded(
    'usage of models',
    async (api, signal) => {
      const week = await api.getKpiOverview({ range: '7d' }, { signal });
      const attention: Usage['attention'] = new Map();
      for (const item of week.attention) {
        attention.set(item.slug, [...(attention.get(item.slug) ?? []), item]);
      }
      return {
        rows: new Map(week.models.map(row => [row.slug, row])),
        attention,
      };
    },
    { on: ['models', 'deployments'], everyMs: 60_000 },
  );
}
