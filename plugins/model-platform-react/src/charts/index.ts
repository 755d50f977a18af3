export * from './TimeChart';
export * from './BarList';
export * from './Sparkline';
export * from './chartColors';
