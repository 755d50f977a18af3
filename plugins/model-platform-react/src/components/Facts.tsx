import { ReactNode } from 'react';
import { Text } from '@backstage/ui';

/** @public */
export interface Fact {
  name: string;
  value: ReactNode;
}

/** Names and values, in two columns. What has no value is left out. @public */
export function Facts(props: { facts: Fact[] }) {
  const known = props.facts.filter(
    fact => fact.value !== undefined && fact.value !== '',
  );
  return (
    <dl
      style={{
        alignContent: 'start',
        alignItems: 'baseline',
        columnGap: 'var(--bui-space-4)',
        display: 'grid',
        gridTemplateColumns: 'minmax(7em, max-content) 1fr',
        margin: 0,
        rowGap: 'var(--bui-space-2)',
      }}
    >
      {known.map(({ name, value }) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>
            <Text color="secondary">{name}</Text>
          </dt>
          <dd style={{ margin: 0, overflowWrap: 'anywhere' }}>
            <Text as="div">{value}</Text>
          </dd>
        </div>
      ))}
    </dl>
  );
}
