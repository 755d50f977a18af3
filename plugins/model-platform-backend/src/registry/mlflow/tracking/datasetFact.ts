import { Tag } from '../http/readParameters';
import { invalidParameter } from '../MlflowError';
import { Fact } from './TrackingStore';

const MAX_KEY = 250;
const MAX_BYTES = 64 * 1024;

/** A data set that a run was given. */
export interface DatasetInput {
  dataset: Record<string, unknown> & { name: string; digest: string };
  tags: Tag[];
  context?: string;
}

/** As it is kept. Throws where it is too large, or says what no database keeps. */
export function datasetFact({ dataset, tags, context }: DatasetInput): Fact {
  const { name, digest } = dataset;
  const value = JSON.stringify(
    { name, digest, context, dataset, tags },
    (key, part: unknown) => {
      if (!isText(key) || (typeof part === 'string' && !isText(part))) {
        throw invalidParameter(
          `The data set ${JSON.stringify(
            name,
          )} has half a surrogate pair, which is no character`,
        );
      }
      return part;
    },
  );
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_BYTES) {
    throw invalidParameter(
      `The data set ${JSON.stringify(
        name,
      )} takes ${bytes} bytes, of at most ${MAX_BYTES}: leave out its profile or schema`,
    );
  }
  return { kind: 'dataset', key: `${digest} ${name}`.slice(0, MAX_KEY), value };
}

/** PostgreSQL reads no JSON with anything else, and a search reads that of every run. */
function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
