export { formatCount } from './formatCount';
export { formatCounted } from './formatCounted';
export { formatBytes } from './formatBytes';
export { formatRatio } from './formatRatio';
export { formatSeconds } from './formatSeconds';
export { formatAmount } from './formatAmount';
export { messageOf } from './messageOf';
export { nameOfRef } from './nameOfRef';
