import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import fs from 'node:fs';

/** Files that are larger are nobody's log. */
const MAX_FILE = '64M';

/** Values that are nowhere else in the world, and the search for them. */
export class Marks {
  private readonly forms = new Map<string, string>();

  /** A new text; `about` says what it was sent as. */
  text(about: string): string {
    const mark = `Quill ${randomBytes(9).toString('hex')} mark`;
    this.know(about, mark.slice(6, -5));
    return mark;
  }

  /** A new number with nine digits. */
  number(about: string): number {
    const mark = randomInt(100_000_000, 999_999_999);
    this.forms.set(String(mark), about);
    return mark;
  }

  private know(about: string, core: string) {
    this.forms.set(core, about);
    this.forms.set(Buffer.from(core).toString('hex'), `${about}, in hex`);
    // Base64 depends on where in the bytes it stands.
    for (const before of [0, 1, 2]) {
      const encoded = Buffer.from(`${' '.repeat(before)}${core}`)
        .toString('base64')
        .replace(/=+$/, '');
      this.forms.set(
        encoded.slice(before && before + 1, -2),
        `${about}, in base64`,
      );
    }
  }

  /** What of them stands in a text. */
  in(text: string): string[] {
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
