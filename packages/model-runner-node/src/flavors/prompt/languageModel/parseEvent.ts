import { LanguageModelFailure } from './LanguageModelFailure';

/** One event's JSON. @throws LanguageModelFailure where it is none */
export function parseEvent(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new LanguageModelFailure('malformed');
  }
}
