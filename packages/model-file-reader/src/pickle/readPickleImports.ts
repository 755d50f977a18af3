import { ByteStream } from './ByteStream';
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
  '\x80': 1, // PROTO
  '\x95': 8, // FRAME
  I: 'line', // INT
  L: 'line', // LONG
  F: 'line', // FLOAT
  J: 4, // BININT
  M: 2, // BININT2
  K: 1, // BININT1
  G: 8, // BINFLOAT
};
const pushesNothing = new Set(['\x80', '\x95']);

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
): Promise<PickleImports & { imports: string[] }> {
  const imports = new Set<string>();
  try {
    for (let read = 0; read < count; read += 1) {
      const first = await stream.next();
      if (first === undefined) break;
      await readOne(stream, first, imports);
    }
    return { imports: [...imports].sort() };
  } catch (error) {
    return {
      imports: [...imports].sort(),
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

async function readOne(
  stream: ByteStream,
  first: number,
  imports: Set<string>,
): Promise<void> {
  const stack = new PickleStack();
  let code = first;
  for (;;) {
    const opcode = String.fromCharCode(code);
    if (opcode === '.') return;
    const wrapper = await step(opcode, stream, stack, imports);
    if (wrapper) {
      const bytes = numpyBytesOf(wrapper);
      if (bytes === 'pickle') {
        await readOne(stream, await stream.byte(), imports);
      } else {
        if (bytes.padded) await stream.skip(await stream.byte());
        await stream.skip(bytes.length);
      }
      stack.replaceTop(OTHER);
    }
    code = await stream.byte();
  }
}

/** @returns the array wrapper that was just built, whose bytes follow. */
async function step(
  opcode: string,
  stream: ByteStream,
  stack: PickleStack,
  imports: Set<string>,
): Promise<Made | undefined> {
  const note = (module: string, name: string): Made => {
    if (imports.size >= MAX_IMPORTS) {
      throw new Error(`it imports more than ${MAX_IMPORTS} names`);
    }
    imports.add(`${module}.${name}`);
    return { kind: 'made', module, name, args: [] };
  };
  const textArgument = async (size: number): Promise<PickleValue> => {
    if (size > MAX_TEXT) {
      await stream.skip(size);
      return OTHER;
    }
    return (await stream.bytes(size)).toString('utf8');
  };

  const skipped = passedOver[opcode];
  if (skipped !== undefined) {
    if (skipped === 'line') {
      stack.push(numberOf(await stream.line(MAX_TEXT)));
    } else if (pushesNothing.has(opcode)) {
      await stream.skip(skipped);
    } else if (opcode === 'G') {
      await stream.skip(skipped);
      stack.push(OTHER);
    } else {
      stack.push(await stream.uint(skipped));
    }
    return undefined;
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
    return undefined;
  }

  switch (opcode) {
    case 'V': // UNICODE
      stack.push(await stream.line(MAX_TEXT));
      break;
    case 'S': // STRING
      stack.push((await stream.line(MAX_TEXT)).replace(/^['"]|['"]$/g, ''));
      break;
    case 'N': // NONE
      stack.push(OTHER);
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
      stack.pop();
      break;
    case '1': // POP_MARK
      stack.popToMark();
      break;
    case '2': // DUP
      stack.push(stack.top());
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
      stack.push({ kind: 'dict', entries: new Map() });
      break;
    case 'd': // DICT
      {
        const items = stack.popToMark();
        stack.push({ kind: 'dict', entries: new Map() });
        stack.setItems(items);
      }
      break;
    case 's': // SETITEM
      stack.setItems(stack.popMany(2));
      break;
    case 'u': // SETITEMS
      stack.setItems(stack.popToMark());
      break;
    case 'a': // APPEND
      stack.pop();
      break;
    case 'e': // APPENDS
    case '\x90': // ADDITEMS
      stack.popToMark();
      break;
    case 'p': // PUT
      stack.remember(Number(await stream.line(20)));
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
      stack.recall(Number(await stream.line(20)));
      break;
    case 'h': // BINGET
      stack.recall(await stream.uint(1));
      break;
    case 'j': // LONG_BINGET
      stack.recall(await stream.uint(4));
      break;
    case 'c': // GLOBAL
      stack.push(
        note(await stream.line(MAX_TEXT), await stream.line(MAX_TEXT)),
      );
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
        const made = note(
          await stream.line(MAX_TEXT),
          await stream.line(MAX_TEXT),
        );
        stack.popToMark();
        stack.push(made);
      }
      break;
    case 'o': // OBJ
      stack.push(madeOf(stack.popToMark()[0], OTHER));
      break;
    case 'R': // REDUCE
    case '\x81': // NEWOBJ
      {
        const [callable, args] = stack.popMany(2);
        stack.push(madeOf(callable, args));
      }
      break;
    case '\x92': // NEWOBJ_EX
      {
        const [callable, args] = stack.popMany(3);
        stack.push(madeOf(callable, args));
      }
      break;
    case 'b': // BUILD
      return stack.build();
    case 'P': // PERSID
      await stream.line(MAX_TEXT);
      stack.push(OTHER);
      break;
    case 'Q': // BINPERSID
      stack.replaceTop(OTHER);
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
      throw new Error(`byte ${stream.position} is no instruction of a pickle`);
  }
  return undefined;
}

function tupleOf(items: PickleValue[]): TupleValue {
  return { kind: 'tuple', items };
}

function madeOf(callable: PickleValue, args: PickleValue): PickleValue {
  if (typeof callable !== 'object' || callable.kind !== 'made') return OTHER;
  return {
    ...callable,
    args: typeof args === 'object' && args.kind === 'tuple' ? args.items : [],
  };
}

function numberOf(line: string): PickleValue {
  const number = Number(line.replace(/L$/, ''));
  return Number.isFinite(number) ? number : OTHER;
}
