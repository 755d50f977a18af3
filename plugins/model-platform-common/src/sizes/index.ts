export { describeSize } from './describeSize';
export { bytesOf, coresOf, cpuSchema, memorySchema } from './quantities';
