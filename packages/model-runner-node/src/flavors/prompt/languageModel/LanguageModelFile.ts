import { readFile, stat } from 'node:fs/promises';
import {
  LanguageModelSettings,
  languageModelSchema,
} from '@model-platform/model-wire';

/** What the environment says of its server, read again when it has changed. */
export class LanguageModelFile<T> {
  private known?: { key: string; value: T };

  constructor(
    private readonly file: string,
    private readonly make: (settings: LanguageModelSettings) => T,
  ) {}

  /** Undefined where no server is configured. @throws Error where the file is wrong */
  async current(): Promise<T | undefined> {
    const facts = await stat(this.file).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );
    if (!facts) return undefined;
    const key = `${facts.ino} ${facts.mtimeMs} ${facts.size}`;
    if (this.known?.key !== key) {
      const parsed = languageModelSchema.safeParse(
        parseJson(await readFile(this.file, 'utf8')),
      );
      if (!parsed.success) {
        throw new Error(
          `The settings of the language model are wrong: ${parsed.error.issues
            .map(({ path, message }) => `${path.join('.')}: ${message}`)
            .join('; ')}.`,
        );
      }
      this.known = { key, value: this.make(parsed.data) };
    }
    return this.known.value;
  }
}

/** The parser's own words would repeat the file, and a key is in it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The settings of the language model are no JSON.');
  }
}
