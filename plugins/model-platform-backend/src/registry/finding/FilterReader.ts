import { InputError } from '@backstage/errors';

export interface FilterToken {
  type: 'word' | 'quoted' | 'sign' | 'end';
  text: string;
  /** Of its first character, from 1. */
  position: number;
}

const SPACE = /\s*/y;
const SIGN = /!=|<=|>=|[=<>(),]/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy;
/** A quote inside a word is part of it: `metadata."training set"`. */
const WORD = /(?:[^\s=<>!(),"']|"(?:[^"\\]|\\.)*"|!(?!=))+/sy;

/** Reads a filter token by token. Throws `InputError` with position. */
export class FilterReader {
  private at = 0;
  private ahead: FilterToken | undefined;

  constructor(private readonly text: string) {}

  peek(): FilterToken {
    this.ahead ??= this.read();
    return this.ahead;
  }

  take(): FilterToken {
    const token = this.peek();
    this.ahead = undefined;
    return token;
  }

  /** Takes the next token where it is this sign. */
  takeSign(...signs: string[]): FilterToken | undefined {
    const { type, text } = this.peek();
    return type === 'sign' && signs.includes(text) ? this.take() : undefined;
  }

  /** Takes the next token where it is this word, in whatever case. */
  takeWord(word: string): FilterToken | undefined {
    const { type, text } = this.peek();
    return type === 'word' && text.toLowerCase() === word
      ? this.take()
      : undefined;
  }

  /** An error at a token, the next one where none is given. */
  expected(what: string, token: FilterToken = this.peek()): InputError {
    const found = token.type === 'end' ? 'the end' : `'${token.text}'`;
    return this.error(`expected ${what}, found ${found}`, token.position);
  }

  error(message: string, position: number): InputError {
    return new InputError(
      `The filter '${shortened(
        this.text,
      )}' is not understood at position ${position}: ${message}`,
    );
  }

  private read(): FilterToken {
    this.match(SPACE);
    const position = this.at + 1;
    if (this.at >= this.text.length) return { type: 'end', text: '', position };
    const sign = this.match(SIGN);
    if (sign) return { type: 'sign', text: sign[0], position };
    const quoted = this.match(QUOTED);
    if (quoted)
      return {
        type: 'quoted',
        text: unescaped(quoted[1] ?? quoted[2]),
        position,
      };
    const word = this.match(WORD);
    if (word) return { type: 'word', text: word[0], position };
    throw this.error(
      /["']/.test(this.text[this.at])
        ? `expected the quote that ends what begins here`
        : `'${
            this.text[this.at]
          }' has no meaning here; put values with such signs in quotes`,
      position,
    );
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }
}

export function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
