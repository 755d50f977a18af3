/** Whom people speak for, as can be looked up whenever it is asked. */
export interface Memberships {
  /**
   * Entity refs, lower case: the person and the groups that it is in; none for
   * somebody who is not known. Throws `ServiceUnavailableError` where that
   * cannot be looked up.
   */
  claimsOf(userRef: string): Promise<string[]>;
}
