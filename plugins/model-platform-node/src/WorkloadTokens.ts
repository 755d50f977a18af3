/**
 * Tokens that an engine gives to what it runs, by which this asks the platform
 * for what is of its system. @public
 */
export interface WorkloadTokens {
  /** Whom they are for, their `aud`. */
  readonly audience: string;
  /** Whether a `sub` is written as the engine writes them: for other tokens it is asked nothing. */
  isSubject(sub: string): boolean;
  /** Their `iss`. Rejects with `ServiceUnavailableError` where the engine has never said it and cannot be asked. */
  issuer(): Promise<string>;
  /**
   * The public keys that they are signed with, as RFC 7517 writes a set of
   * them: as they are now, or were last where the engine cannot be asked.
   * Rejects as `issuer` does.
   */
  keys(): Promise<object>;
  /** Whose a workload is, by the `sub` of its verified token; undefined for what the engine runs not for the platform. */
  systemOf(sub: string): Promise<string | undefined>;
}
