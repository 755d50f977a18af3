import { Experiment } from './TrackingStore';

/** MLflow's number of the experiment of those who name none. */
export const DEFAULT_ID = '0';
export const DEFAULT_NAME = 'Default';

/**
 * Whether it is the one of those who name none. Each system has one, which is
 * no owner's.
 */
export function isDefault({ name }: Pick<Experiment, 'name'>): boolean {
  return name === DEFAULT_NAME;
}
