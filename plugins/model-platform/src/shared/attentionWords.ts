import { KpiOverview } from '@model-platform/plugin-model-platform-common';

/** What needs attention, in a word or two; the message says more. */
export const ATTENTION_WORDS: Record<
  KpiOverview['attention'][number]['kind'],
  string
> = {
  stale: 'stale',
  'never-called': 'never called',
  'without-owner': 'no owner',
  incomplete: 'metadata incomplete',
  failing: 'failing',
};
