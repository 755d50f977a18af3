/** What others load as pickles. */
const PICKLES = /\.(pkl|pickle|pck|joblib|jbl|cloudpickle|dill|sav)$/i;
/** What may hold pickles, and may be something else. */
const MAYBE = /\.(pt|pth|ckpt|npy|npz|zip|bin|dat|model|p)$/i;

/** Whether a file is a pickle, or may hold some, by its name. @public */
export function mayHoldPickle(path: string): 'pickle' | 'maybe' | undefined {
  if (PICKLES.test(path)) return 'pickle';
  return MAYBE.test(path) ? 'maybe' : undefined;
}
