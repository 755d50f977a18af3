import { ByteStream } from './ByteStream';
import { NotAPickle } from './NotAPickle';
import { numpyBytesOf } from './numpyBytesOf';
import { PickleImports } from './PickleImports';
import {
  Made,
  MARK,
  OTHER,
  PickleStack,
  PickleValue,
  TupleValue,
} from './PickleStack';

const MAX_TEXT = 1024;
const MAX_IMPORTS = 1_000;

/** Arguments of opcodes that are passed over: a number of bytes, or a line. */
const passedOver: Record<string, number | 'line'> = {
  F: 'line', // FLOAT
  G: 8, // BINFLOAT
};
const MAX_PADDING = 16;

/** Opcodes with a counted argument: how many bytes count it, and whether it is text. */
const counted: Record<string, { size: number; text: boolean }> = {
  T: { size: 4, text: false }, // BINSTRING
  U: { size: 1, text: false }, // SHORT_BINSTRING
  B: { size: 4, text: false }, // BINBYTES
  C: { size: 1, text: false }, // SHORT_BINBYTES
  '\x8e': { size: 8, text: false }, // BINBYTES8
  '\x96': { size: 8, text: false }, // BYTEARRAY8
  '\x8a': { size: 1, text: false }, // LONG1
  '\x8b': { size: 4, text: false }, // LONG4
  X: { size: 4, text: true }, // BINUNICODE
  '\x8c': { size: 1, text: true }, // SHORT_BINUNICODE
  '\x8d': { size: 8, text: true }, // BINUNICODE8
};

/** What was found, and what tells a pickle from other files. */
export interface PickleFindings extends PickleImports {
  imports: string[];
  /** Whether it calls anything, be it by an item that is set. */
  calls: boolean;
  /** Whether the problem is one for Python, too. */
  fails?: boolean;
}

/**
 * Reads the opcodes of a pickle and what they would import; nothing of it is
 * carried out. Names are often made of texts that stand elsewhere, so the
 * stack and the memo are followed, with all that can't be a name left out.
 * Arrays that joblib writes between the opcodes are passed over.
 *
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export async function readPickleImports(
  stream: ByteStream,
  /** How many follow each other, where something else follows them. */
  count = Infinity,
): Promise<PickleFindings> {
  const imports = new Set<string>();
  const seen = { calls: false };
  try {
    for (let read = 0; read < count; read += 1) {
      const first = await stream.next();
      if (first === undefined) break;
      await readOne(stream, first, { imports, seen });
    }
    return { imports: [...imports].sort(), ...seen };
  } catch (error) {
    return {
      imports: [...imports].sort(),
      ...seen,
      fails: error instanceof NotAPickle,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

interface Findings {
  imports: Set<string>;
  seen: { calls: boolean };
}

async function readOne(
  stream: ByteStream,
  first: number,
  findings: Findings,
  isWithin = false,
): Promise<void> {
  const stack = new PickleStack();
  let frameEnd = 0;
  let code = first;
  for (;;) {
    const opcode = String.fromCharCode(code);
    const isInFrame = stream.position < frameEnd;
    if (opcode === '\x95') {
      inNoFrame(stream, frameEnd);
      frameEnd = (await stream.uint(8)) + stream.position;
    } else if (opcode === '.') {
      stack.drop();
      inNoFrame(stream, frameEnd);
      return;
    } else {
      const isWrapper = await step(opcode, stream, stack, findings);
      // Python drops what it has read of an argument when its frame ends.
      if (isInFrame && stream.position > frameEnd) throw oddFrame();
      if (isWrapper) {
        inNoFrame(stream, frameEnd);
        if (isWithin) throw new Error('it holds an array within an array');
        await passOver(stack.top() as Made, stream, findings);
        stack.replaceTop(OTHER);
      }
    }
    code = await stream.byte();
  }
}

/** The array that joblib wrote behind its wrapper. */
async function passOver(
  wrapper: Made,
  stream: ByteStream,
  findings: Findings,
): Promise<void> {
  const bytes = numpyBytesOf(wrapper);
  if (bytes === 'pickle') {
    await readOne(stream, await stream.byte(), findings, true);
    return;
  }
  if (bytes.padded) {
    const padding = await stream.byte();
    // More of it could begin as an instruction does, for whoever knows no wrappers.
    if (padding > MAX_PADDING) throw new Error('it pads an array too far');
    await stream.skip(padding);
  }
  await stream.skip(bytes.length);
}

/** Python has read a frame to its end before anything behind it is read. */
function inNoFrame(stream: ByteStream, frameEnd: number): void {
  if (stream.position < frameEnd) throw oddFrame();
}

function oddFrame(): Error {
  return new Error('it has a frame that ends elsewhere than what is in it');
}

/** @returns whether the bytes of an array follow, whose wrapper is on top. */
async function step(
  opcode: string,
  stream: ByteStream,
  stack: PickleStack,
  { imports, seen }: Findings,
): Promise<boolean> {
  const note = (module: string, name: string): Made => {
    if (imports.size >= MAX_IMPORTS) {
      throw new Error(`it imports more than ${MAX_IMPORTS} names`);
    }
    imports.add(`${module}.${name}`);
    return { kind: 'made', module, name };
  };
  const nameOfLine = async (): Promise<string> =>
    (await stream.line(MAX_TEXT))?.toString('utf8') ?? '?';
  const textArgument = async (size: number): Promise<PickleValue> => {
    if (size > MAX_TEXT) {
      await stream.skip(size);
      return OTHER;
    }
    return (await stream.bytes(size)).toString('utf8');
  };

  const skipped = passedOver[opcode];
  if (skipped !== undefined) {
    if (skipped === 'line') await stream.line(MAX_TEXT);
    else await stream.skip(skipped);
    stack.push(OTHER);
    return false;
  }
  const count = counted[opcode];
  if (count) {
    const size = await stream.uint(count.size);
    // Old pickles have their names as plain strings.
    if (count.text || opcode === 'U' || opcode === 'T') {
      stack.push(await textArgument(size));
    } else {
      await stream.skip(size);
      stack.push(OTHER);
    }
    return false;
  }

  switch (opcode) {
    case '\x80': // PROTO
      await stream.skip(1);
      break;
    case 'I': // INT
    case 'L': // LONG
      stack.push(numberOf(await stream.line(MAX_TEXT)));
      break;
    case 'J': // BININT
      stack.push((await stream.bytes(4)).readInt32LE());
      break;
    case 'M': // BININT2
      stack.push(await stream.uint(2));
      break;
    case 'K': // BININT1
      stack.push(await stream.byte());
      break;
    case 'V': // UNICODE
      stack.push(plainText(await stream.line(MAX_TEXT)));
      break;
    case 'S': // STRING
      stack.push(quotedText(await stream.line(MAX_TEXT)));
      break;
    case 'N': // NONE
      stack.push(null);
      break;
    case '\x88': // NEWTRUE
      stack.push(true);
      break;
    case '\x89': // NEWFALSE
      stack.push(false);
      break;
    case '(':
      stack.push(MARK);
      break;
    case '0': // POP
      stack.drop();
      break;
    case '1': // POP_MARK
      stack.popToMark();
      break;
    case '2': // DUP
      stack.duplicate();
      break;
    case ')': // EMPTY_TUPLE
      stack.push({ kind: 'tuple', items: [] });
      break;
    case '\x85': // TUPLE1
    case '\x86': // TUPLE2
    case '\x87': // TUPLE3
      stack.push(tupleOf(stack.popMany(opcode.charCodeAt(0) - 0x84)));
      break;
    case 't': // TUPLE
      stack.push(tupleOf(stack.popToMark()));
      break;
    case 'l': // LIST
    case '\x91': // FROZENSET
      stack.popToMark();
      stack.push(OTHER);
      break;
    case ']': // EMPTY_LIST
    case '\x8f': // EMPTY_SET
      stack.push(OTHER);
      break;
    case '}': // EMPTY_DICT
      stack.push({ kind: 'dict', entries: new Map(), isOfWrapper: true });
      break;
    case 'd': // DICT
      {
        const items = stack.popToMark();
        stack.push({ kind: 'dict', entries: new Map(), isOfWrapper: true });
        stack.setItems(items);
      }
      break;
    case 's': // SETITEM
      stack.setItems(stack.popMany(2));
      seen.calls = true;
      break;
    case 'u': // SETITEMS
      stack.setItems(stack.popToMark());
      seen.calls = true;
      break;
    case 'a': // APPEND
      stack.popMany(1);
      stack.top();
      seen.calls = true;
      break;
    case 'e': // APPENDS
    case '\x90': // ADDITEMS
      stack.popToMark();
      stack.top();
      seen.calls = true;
      break;
    case 'p': // PUT
      stack.top();
      stack.remember(indexOf(await stream.line(MAX_TEXT)));
      break;
    case 'q': // BINPUT
      stack.remember(await stream.uint(1));
      break;
    case 'r': // LONG_BINPUT
      stack.remember(await stream.uint(4));
      break;
    case '\x94': // MEMOIZE
      stack.remember();
      break;
    case 'g': // GET
      stack.recall(indexOf(await stream.line(MAX_TEXT)));
      break;
    case 'h': // BINGET
      stack.recall(await stream.uint(1));
      break;
    case 'j': // LONG_BINGET
      stack.recall(await stream.uint(4));
      break;
    case 'c': // GLOBAL
      stack.push(note(await nameOfLine(), await nameOfLine()));
      break;
    case '\x93': // STACK_GLOBAL
      {
        const [module, name] = stack.popMany(2);
        stack.push(
          typeof module === 'string' && typeof name === 'string'
            ? note(module, name)
            : note('?', '?'),
        );
      }
      break;
    case 'i': // INST
      {
        const made = note(await nameOfLine(), await nameOfLine());
        stack.popToMark();
        seen.calls = true;
        stack.push({ ...made, args: [] });
      }
      break;
    case 'o': // OBJ
      stack.popToMark();
      seen.calls = true;
      stack.push(OTHER);
      break;
    case 'R': // REDUCE
    case '\x81': // NEWOBJ
      stack.make(opcode === 'R' ? 'call' : 'new');
      seen.calls = true;
      break;
    case '\x92': // NEWOBJ_EX
      stack.popMany(3);
      seen.calls = true;
      stack.push(OTHER);
      break;
    case 'b': {
      // BUILD
      const wrapper = stack.build();
      seen.calls = true;
      return wrapper !== undefined;
    }
    case 'P': // PERSID
      await stream.line(MAX_TEXT);
      stack.push(OTHER);
      break;
    case 'Q': // BINPERSID
      stack.popMany(1);
      stack.push(OTHER);
      break;
    case '\x82': // EXT1
    case '\x83': // EXT2
    case '\x84': // EXT4
      {
        const size = 2 ** (opcode.charCodeAt(0) - 0x82);
        stack.push(note('copyreg', `extension ${await stream.uint(size)}`));
      }
      break;
    case '\x97': // NEXT_BUFFER
      stack.push(OTHER);
      break;
    case '\x98': // READONLY_BUFFER
      break;
    default:
      throw new NotAPickle(
        `byte ${stream.position} is no instruction of a pickle`,
      );
  }
  return false;
}

function tupleOf(items: PickleValue[]): TupleValue {
  return { kind: 'tuple', items };
}

/** As picklers write it; Python takes more, of which nothing is known then. */
function numberOf(line: Buffer | undefined): PickleValue {
  const text = line?.toString('latin1') ?? '';
  const number = Number(text.replace(/L$/, ''));
  return /^-?(0|[1-9]\d*)L?$/.test(text) && Number.isSafeInteger(number)
    ? number
    : OTHER;
}

/** The number of `PUT` and `GET`. */
function indexOf(line: Buffer | undefined): number {
  const text = line?.toString('latin1') ?? '_';
  const index = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(index)) return index;
  // What Python takes for a number, too: `1_0` is 10.
  if (/^[\s\d_+-]*$/.test(text)) {
    throw new Error(`it has ${JSON.stringify(text)} for a number`);
  }
  throw new NotAPickle('it has no number where there must be one');
}

/** What has escapes in it is another text in Python. */
function plainText(line: Buffer | undefined): PickleValue {
  return line && !line.includes('\\') ? line.toString('latin1') : OTHER;
}

function quotedText(line: Buffer | undefined): PickleValue {
  if (!line) return OTHER;
  const [first] = line;
  if (
    line.length < 2 ||
    (first !== 0x22 && first !== 0x27) ||
    line[line.length - 1] !== first
  ) {
    throw new NotAPickle('it has a text without quotation marks');
  }
  return plainText(line.subarray(1, -1));
}
