export { formatCount } from './formatCount';
export { formatBytes } from './formatBytes';
export { formatRatio } from './formatRatio';
export { formatSeconds } from './formatSeconds';
export { formatAmount } from './formatAmount';
export { nameOfRef } from './nameOfRef';
