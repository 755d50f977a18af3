export { BarList } from './BarList';
export { chartColors } from './chartColors';
export { TimeChart } from './TimeChart';
export type { TimeChartProps, TimeSeries } from './TimeChart';
