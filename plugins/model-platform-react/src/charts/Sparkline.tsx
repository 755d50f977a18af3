import { Point } from '@model-platform/plugin-model-platform-common';

interface SparklineProps {
  points: Point[];
  /** What the line says, in words; the line itself is decoration. */
  label: string;
  width?: number;
  height?: number;
}

/** The shape of a series, without axes. @public */
export function Sparkline(props: SparklineProps) {
  const { points, label, width = 120, height = 28 } = props;
  if (points.length < 2) return null;
  const values = points.map(([, value]) => value);
  const top = Math.max(...values, 0) || 1;
  const path = values
    .map((value, index) => {
      const x = (index / (values.length - 1)) * (width - 2) + 1;
      const y = height - 2 - (value / top) * (height - 4);
      return `${index ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <path
        d={path}
        fill="none"
        stroke="var(--bui-fg-info)"
        strokeWidth={1.5}
        strokeLinejoin="round"
      />
    </svg>
  );
}
