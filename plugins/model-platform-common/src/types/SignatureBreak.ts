/** One way in which a signature does not keep what another one promised. @public */
export interface SignatureBreak {
  /** `inputs.age` or `outputs.species`. */
  field: string;
  /** What is different, e.g. `is a new required input`. */
  rule: string;
}
