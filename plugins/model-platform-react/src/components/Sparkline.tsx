import { Point } from '@model-platform/plugin-model-platform-common';

/** The shape of a series in the space of a word; the numbers stand beside it. @public */
export function Sparkline(props: {
  points: Point[];
  width?: number;
  height?: number;
}) {
  const { points, width = 72, height = 20 } = props;
  if (points.length < 2) return null;
  const top = Math.max(...points.map(([, value]) => value), 0) || 1;
  const path = points
    .map(([, value], index) => {
      const x = (index / (points.length - 1)) * (width - 2) + 1;
      const y = height - 1 - (Math.max(value, 0) / top) * (height - 2);
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join(' ');
  return (
    <svg width={width} height={height} aria-hidden focusable="false">
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
    </svg>
  );
}
