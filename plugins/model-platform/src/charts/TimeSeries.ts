import { Point } from '@model-platform/plugin-model-platform-common';

/** One line of a chart. */
export interface TimeSeries {
  name: string;
  points: Point[];
}
