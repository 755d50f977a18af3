export { BarList } from './BarList';
export { chartColors } from './chartColors';
export { TimeChart } from './TimeChart';
export type { TimeChartProps } from './TimeChart';
export type { TimeSeries } from './TimeSeries';
