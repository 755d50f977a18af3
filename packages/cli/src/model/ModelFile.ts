/**
 * `model.yaml` as it is written. Values are `unknown` on purpose: whether they
 * are right is the platform's say, so that every rule is told in one place,
 * with the schema of the system in force.
 */
export interface ModelFile {
  /** Folder that it lies in. */
  folder: string;
  /** Path of the file. */
  path: string;
  name: string;
  fields: Record<string, unknown>;
}
