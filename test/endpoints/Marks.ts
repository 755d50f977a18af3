import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import fs from 'node:fs';

/** Files that are larger are nobody's log. */
const MAX_FILE = '16M';

/** In base64, wherever in the bytes it stands: without the characters that it shares with others. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map(before => {
    const encoded = Buffer.from(`${' '.repeat(before)}${text}`)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(before && before + 1, -2);
  });
}

/** Values that are nowhere else in the world, and the search for them. */
export class Marks {
  /** All begin alike, so that one look tells whether there is any. */
  private readonly tag = randomBytes(9).toString('hex');
  private readonly numberTag = String(randomInt(10_000, 100_000));
  private readonly forms = new Map<string, string>();
  private readonly tagForms = [
    this.tag,
    this.numberTag,
    Buffer.from(this.tag).toString('hex'),
    ...base64Forms(this.tag),
  ];

  /** A new text; `about` says what it was sent as. */
  text(about: string): string {
    const core = `${this.tag}${randomBytes(6).toString('hex')}`;
    this.forms.set(core, about);
    this.forms.set(Buffer.from(core).toString('hex'), `${about}, in hex`);
    for (const form of base64Forms(core))
      this.forms.set(form, `${about}, in base64`);
    return `Quill ${core} mark`;
  }

  /** A new number with nine digits. */
  number(about: string): number {
    const mark = `${this.numberTag}${randomInt(1_000, 10_000)}`;
    this.forms.set(mark, about);
    return Number(mark);
  }

  /** What of them stands in a text. */
  in(text: string): string[] {
    if (!this.tagForms.some(form => text.includes(form))) return [];
    return [...this.forms].flatMap(([form, about]) =>
      text.includes(form) ? [about] : [],
    );
  }

  /** Files that were written since the stamp and have a mark, with what they have. */
  inFiles(folders: string[], stamp: string): Array<[string, string[]]> {
    // Folders of others may go away meanwhile, which it does not like.
    const { stdout: files } = spawnSync(
      'find',
      [
        ...folders,
        ...['-type', 'f', '-newer', stamp, '-size', `-${MAX_FILE}`],
        '-print0',
      ],
      { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 256 * 1024 * 1024 },
    );
    return files
      .toString()
      .split('\0')
      .filter(Boolean)
      .flatMap((file): Array<[string, string[]]> => {
        const found = this.in(read(file));
        return found.length > 0 ? [[file, found]] : [];
      });
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
