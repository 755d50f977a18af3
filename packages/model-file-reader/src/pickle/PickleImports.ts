/** What loading a file would import, `module.name`. */
export interface PickleImports {
  /** Absent where it holds no pickle. */
  imports?: string[];
  /** Why it could not be followed to its end: there may be more. */
  problem?: string;
}
