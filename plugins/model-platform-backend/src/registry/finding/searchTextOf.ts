import { indexedWords, partsOf } from './searchWords';

const MAX_WORDS = 5_000;

/** The words of a model, by where they stand; each list without repetitions. */
export interface SearchText {
  /** Of name and tags. */
  title: string[];
  /** What words of the title end with. */
  parts: string[];
  /** Of everything else. */
  text: string[];
}

/** What words are looked for in. */
export function searchTextOf(
  model: {
    name: string;
    slug: string;
    description: string;
    tags: string[];
    type: string;
  },
  metadata: Record<string, unknown> | undefined,
): SearchText {
  const texts: string[] = [model.type, model.description];
  const walk = (value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number')
      texts.push(String(value));
    else if (typeof value === 'object' && value !== null)
      Object.values(value).forEach(walk);
  };
  walk(metadata);
  const title = indexedWords([model.name, model.slug, ...model.tags].join(' '));
  return {
    title: title.slice(0, MAX_WORDS),
    parts: partsOf(title).slice(0, MAX_WORDS),
    text: indexedWords(texts.join(' ')).slice(0, MAX_WORDS),
  };
}
