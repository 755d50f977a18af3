/** One variant with its selector resolved. @public */
export interface ResolvedVariant {
  name: string;
  modelId: string;
  model: string;
  version: number;
  weight: number;
  /** Of how many calls it gets copies, in percent; it answers nobody. */
  shadow?: number;
}
