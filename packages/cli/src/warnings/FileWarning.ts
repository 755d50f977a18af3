/** Something about a file that whoever publishes it should know. */
export interface FileWarning {
  file: string;
  /** Which rule found it, e.g. `secretlint-rule-github`, `pickle`. */
  rule: string;
  message: string;
  /** Whether `--strict` refuses it. */
  isGrave: boolean;
}
