/** Which groups people are in. */
export interface Memberships {
  /**
   * Entity refs; none for somebody who is not known. Throws
   * `ServiceUnavailableError` where that cannot be looked up.
   */
  groupsOf(userRef: string): Promise<string[]>;
}
