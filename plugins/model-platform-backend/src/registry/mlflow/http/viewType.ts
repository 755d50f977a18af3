import { invalidValue } from './readParameters';
import { LifeStage } from '../tracking/TrackingStore';

/** Which of the active and deleted ones a search is for. */
export function stagesOf(viewType: string | undefined): LifeStage[] {
  switch (viewType) {
    case undefined:
    case '':
    case 'ACTIVE_ONLY':
      return ['active'];
    case 'DELETED_ONLY':
      return ['deleted'];
    case 'ALL':
      return ['active', 'deleted'];
    default:
      throw invalidValue('view_type', viewType);
  }
}
