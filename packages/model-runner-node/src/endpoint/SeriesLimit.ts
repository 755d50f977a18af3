import { requestsInHand } from '../privacy/RequestsInHand';
import { Labels } from './EndpointContext';

/** Series of one metric, those of `other` not counted. */
export const MAX_SERIES = 100;
export const MAX_LABEL_LENGTH = 100;
/** What stands for all label values beyond. */
export const OTHER = 'other';

/**
 * Keeps the series of one metric few, and business data out of them: label
 * values beyond the limit, too long, or taken from the request are `other`.
 */
export class SeriesLimit {
  private readonly known = new Set<string>();

  /** @param closed - fields whose values are few: those that say which there are */
  constructor(private readonly closed: ReadonlySet<string>) {}

  /** The labels to count under, and why they are others than those given. */
  bounded(labels: Labels): { labels: Labels; reason?: string } {
    const values = Object.values(labels);
    const key = JSON.stringify(values);
    if (values.length === 0 || this.known.has(key)) return { labels };
    const reason = this.reasonAgainst(values);
    if (reason === undefined) {
      this.known.add(key);
      return { labels };
    }
    const others = Object.keys(labels).map(name => [name, OTHER]);
    return { labels: Object.fromEntries(others), reason };
  }

  private reasonAgainst(values: string[]): string | undefined {
    if (this.known.size >= MAX_SERIES)
      return `it has ${MAX_SERIES} series, as many as it may have`;
    if (values.some(value => value.length > MAX_LABEL_LENGTH))
      return `a label value is longer than ${MAX_LABEL_LENGTH} characters`;
    const taken = values
      .flatMap(value => requestsInHand.replace(value).found)
      .find(({ field }) => !this.closed.has(field));
    return (
      taken &&
      `a label value is that of the input '${taken.field}', which has no enum in the signature`
    );
  }
}
