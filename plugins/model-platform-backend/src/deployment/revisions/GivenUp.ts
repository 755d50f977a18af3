/** A revision that did not become ready in time while another one served. */
export interface GivenUp {
  revision: number;
  /** The one that goes on. */
  servingRevision: number;
  /** What its runners said last: they are gone. */
  runnersSay?: string;
  /** Why it has had no runners, as where its packages cannot be installed. */
  couldNotBePrepared?: string;
}
