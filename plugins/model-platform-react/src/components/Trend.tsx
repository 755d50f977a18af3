import { Text } from '@backstage/ui';
import { Figure } from '@model-platform/plugin-model-platform-common';
import { formatRatio } from '../format';

/** A hundredth up or down is no change. */
const STEADY = 0.01;

/**
 * How a figure moved against the period before, said in words and by sign;
 * coloured only where one direction is better. @public
 */
export function Trend(props: {
  figure: Figure;
  better?: 'higher' | 'lower' | 'neither';
  /** After the number: `than the 7 days before`. */
  period: string;
}) {
  const { figure, better = 'neither', period } = props;
  const { value, previous } = figure;
  if (value === undefined || previous === undefined) {
    return (
      <Text as="div" variant="body-small" color="secondary">
        nothing to compare with before
      </Text>
    );
  }
  const change = value - previous;
  if (previous === 0 || Math.abs(change / previous) < STEADY) {
    return (
      <Text as="div" variant="body-small" color="secondary">
        {change === 0 || previous !== 0
          ? `as in ${period}`
          : `none in ${period}`}
      </Text>
    );
  }
  const up = change > 0;
  const good = better === 'neither' ? undefined : (better === 'higher') === up;
  let color = 'inherit';
  if (good !== undefined) {
    color = good ? 'var(--bui-positive-fg)' : 'var(--bui-negative-fg)';
  }
  return (
    <Text as="div" variant="body-small" color="secondary">
      {/* The colours are for signs; as text they are too pale to read. */}
      <span aria-hidden style={{ color }}>
        {up ? '▲ ' : '▼ '}
      </span>
      {formatRatio(Math.abs(change / previous))} {up ? 'more' : 'less'} than in{' '}
      {period}
    </Text>
  );
}
