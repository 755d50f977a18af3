export { describeSize } from './describeSize';
