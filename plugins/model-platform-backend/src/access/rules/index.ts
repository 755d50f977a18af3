import { isInSystem } from './isInSystem';
import { isOwner } from './isOwner';
import { isSharedWith } from './isSharedWith';
import { isVisibleToEveryone } from './isVisibleToEveryone';

/** All rules that decisions on models can be made of. */
export const modelRules = {
  isOwner,
  isInSystem,
  isSharedWith,
  isVisibleToEveryone,
};
