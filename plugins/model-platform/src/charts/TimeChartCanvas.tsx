import {
  Area,
  CartesianGrid,
  ComposedChart,
  Legend,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { chartColors } from './chartColors';
import { TimeRow } from './toRows';

interface TimeChartCanvasProps {
  rows: TimeRow[];
  names: string[];
  kind: 'line' | 'stacked';
  height: number;
  format: (value: number | undefined) => string;
  formatTime: (at: string) => string;
}

const axis = {
  stroke: 'var(--bui-border-2)',
  tick: { fill: 'var(--bui-fg-secondary)', fontSize: 12 },
  tickLine: false,
} as const;

/** A value without neighbours makes no line, so it gets a dot. */
function dotOf(rows: TimeRow[], series: number) {
  return function Dot(props: { cx?: number; cy?: number; index?: number }) {
    const { cx, cy, index = 0 } = props;
    const at = (row: number) => rows[row]?.values[series];
    const isAlone =
      at(index) !== undefined &&
      at(index - 1) === undefined &&
      at(index + 1) === undefined;
    return isAlone ? (
      <circle
        key={index}
        cx={cx}
        cy={cy}
        r={3}
        fill={chartColors[series % chartColors.length]}
      />
    ) : (
      <g key={index} />
    );
  };
}

/** The drawing of a `TimeChart`; loaded apart, the library being large. */
export function TimeChartCanvas(props: TimeChartCanvasProps) {
  const { rows, names, kind, height, format, formatTime } = props;
  // Between three calls and two there is nothing to mark.
  const isWhole = rows.every(({ values }) =>
    values.every(value => value === undefined || Number.isInteger(value)),
  );
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart
        data={rows}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--bui-border-1)" />
        <XAxis
          dataKey="at"
          tickFormatter={formatTime}
          minTickGap={40}
          {...axis}
        />
        <YAxis
          width={64}
          axisLine={false}
          tickFormatter={(value: number) => format(value)}
          domain={[0, 'auto']}
          allowDecimals={!isWhole}
          {...axis}
        />
        <Tooltip
          formatter={value =>
            typeof value === 'number' ? format(value) : String(value)
          }
          labelFormatter={label => formatTime(String(label))}
          contentStyle={{
            background: 'var(--bui-bg-neutral-1)',
            border: '1px solid var(--bui-border-2)',
            borderRadius: 'var(--bui-radius-2)',
            color: 'var(--bui-fg-primary)',
          }}
        />
        {names.length > 1 && (
          <Legend
            iconType={kind === 'stacked' ? 'square' : 'plainline'}
            formatter={name => (
              <span style={{ color: 'var(--bui-fg-primary)' }}>{name}</span>
            )}
          />
        )}
        {names.map((name, index) => {
          const color = chartColors[index % chartColors.length];
          const shared = {
            name,
            dataKey: (row: TimeRow) => row.values[index],
            stroke: color,
            strokeWidth: 2,
            isAnimationActive: false,
            type: 'linear' as const,
          };
          return kind === 'stacked' ? (
            <Area
              key={name}
              {...shared}
              stackId="all"
              fill={color}
              fillOpacity={0.8}
              // A line around what is nothing would stand on top of the others.
              stroke="none"
              dot={dotOf(rows, index)}
            />
          ) : (
            <Line key={name} {...shared} dot={dotOf(rows, index)} />
          );
        })}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
