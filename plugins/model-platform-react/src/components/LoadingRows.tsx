import { Flex, Skeleton, VisuallyHidden } from '@backstage/ui';

/** The shape of what is coming. @public */
export function LoadingRows(props: {
  rows?: number;
  height?: number;
  label?: string;
}) {
  const { rows = 3, height = 28, label = 'Loading' } = props;
  return (
    <Flex direction="column" gap="2" aria-busy role="status">
      <VisuallyHidden>{label}</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} width="100%" height={height} />
      ))}
    </Flex>
  );
}
