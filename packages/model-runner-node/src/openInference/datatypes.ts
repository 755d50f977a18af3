/** One datatype of the Open Inference Protocol. */
export interface Datatype {
  /** Of one value in binary data; absent where each says its own. */
  bytes?: number;
  /** Whether a value of JSON is one of it. */
  fits(value: unknown): boolean;
}

const LARGEST_FP16 = 65504;
const LARGEST_FP32 = 3.4028234663852886e38;

const within =
  (lowest: number, highest: number, isWhole: boolean) => (value: unknown) =>
    typeof value === 'number' &&
    value >= lowest &&
    value <= highest &&
    (!isWhole || Number.isInteger(value));

const whole = (bytes: number, lowest: number, highest: number): Datatype => ({
  bytes,
  fits: within(lowest, highest, true),
});

/** By their names; 64 bit in JSON end where its readers end to be exact. */
export const datatypes = new Map<string, Datatype>([
  ['BOOL', { bytes: 1, fits: value => typeof value === 'boolean' }],
  ['UINT8', whole(1, 0, 2 ** 8 - 1)],
  ['UINT16', whole(2, 0, 2 ** 16 - 1)],
  ['UINT32', whole(4, 0, 2 ** 32 - 1)],
  ['UINT64', whole(8, 0, Number.MAX_SAFE_INTEGER)],
  ['INT8', whole(1, -(2 ** 7), 2 ** 7 - 1)],
  ['INT16', whole(2, -(2 ** 15), 2 ** 15 - 1)],
  ['INT32', whole(4, -(2 ** 31), 2 ** 31 - 1)],
  ['INT64', whole(8, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
  ['FP16', { bytes: 2, fits: within(-LARGEST_FP16, LARGEST_FP16, false) }],
  ['FP32', { bytes: 4, fits: within(-LARGEST_FP32, LARGEST_FP32, false) }],
  ['FP64', { bytes: 8, fits: Number.isFinite }],
  ['BYTES', { fits: value => typeof value === 'string' }],
]);

const kindOf = (datatype: string) =>
  /^(?:U?INT|FP)/.exec(datatype)?.[0].replace('UINT', 'INT') ?? datatype;

/** Whether tensors of one datatype may be given for another: numbers of another size are, where each fits. */
export function isTakenFor(given: string, wanted: string): boolean {
  const kinds = [kindOf(given), kindOf(wanted)];
  return kinds[0] === kinds[1] || kinds.join() === 'INT,FP';
}
