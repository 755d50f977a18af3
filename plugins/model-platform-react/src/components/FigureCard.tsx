import { ReactNode } from 'react';
import { Box, Link, Text } from '@backstage/ui';
import { Figure } from '@model-platform/plugin-model-platform-common';
import { Trend } from './Trend';

/** One number: what it counts, how it moved, and where it comes from. @public */
export function FigureCard(props: {
  title: string;
  figure: Figure;
  format: (value: number | undefined) => string;
  better?: 'higher' | 'lower' | 'neither';
  period: string;
  /** Small, beside the number: `of 12 published`. */
  beside?: ReactNode;
  /** Where the things it counts are listed. */
  href?: string;
}) {
  const { title, figure, format, better, period, beside, href } = props;
  const number = format(figure.value);
  return (
    <Box bg="neutral" p="4" style={{ borderRadius: 'var(--bui-radius-3)' }}>
      <Text as="div" variant="body-medium" color="secondary">
        {title}
      </Text>
      <div>
        {href ? (
          <Link
            href={href}
            variant="title-medium"
            weight="bold"
            standalone
            aria-label={`${title}: ${number}, show the models behind it`}
          >
            {number}
          </Link>
        ) : (
          <Text variant="title-medium" weight="bold">
            {number}
          </Text>
        )}{' '}
        {beside && (
          <Text variant="body-small" color="secondary">
            {beside}
          </Text>
        )}
      </div>
      <Trend figure={figure} better={better} period={period} />
    </Box>
  );
}
