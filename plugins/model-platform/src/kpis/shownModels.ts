import { KpiOverview } from '@model-platform/plugin-model-platform-common';
import { UrlState } from '../shared/useUrlState';

/** Which of the models behind the numbers are listed. */
export const SHOWS = {
  all: 'All models',
  used: 'Models in use',
  unused: 'Models without calls',
  failing: 'Models with failed calls',
} as const;

export type Show = keyof typeof SHOWS;

const isShow = (value: string | undefined): value is Show =>
  value !== undefined && value in SHOWS;

/** What the page's address asks for. */
export function readShow(url: UrlState): Show {
  const value = url.get('show');
  return isShow(value) ? value : 'all';
}

/** The models that `show` means. */
export function shownModels(
  models: KpiOverview['models'],
  show: Show,
): KpiOverview['models'] {
  switch (show) {
    case 'used':
      return models.filter(({ calls }) => calls > 0);
    case 'unused':
      return models.filter(({ calls }) => calls === 0);
    case 'failing':
      return models.filter(({ errorRatio }) => (errorRatio ?? 0) > 0);
    default:
      return models;
  }
}
