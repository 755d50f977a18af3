import { useState } from 'react';
import { Button, Checkbox, CheckboxGroup, Text } from '@backstage/ui';
import { FacetValue } from '@model-platform/plugin-model-platform-common';

const FEW = 6;

/** The values of one facet, how many models have each, and which are chosen. */
export function FacetFilter(props: {
  title: string;
  textOf: (value: string) => string;
  values: FacetValue[];
  selected: string[];
  onChange: (selected: string[]) => void;
  /** Of a field that the reader asked for. */
  onRemove?: () => void;
}) {
  const { title, textOf, values, selected, onChange, onRemove } = props;
  const [showsAll, setShowsAll] = useState(false);
  // A chosen value stays, even where nothing has it any more.
  const gone = selected
    .filter(value => !values.some(one => one.value === value))
    .map(value => ({ value, count: 0 }));
  const all = [...gone, ...values];
  if (all.length === 0 && !onRemove) return null;
  const shown = showsAll
    ? all
    : all.filter(({ value }, index) => index < FEW || selected.includes(value));
  return (
    <div>
      <CheckboxGroup label={title} value={selected} onChange={onChange}>
        {shown.map(({ value, count }) => (
          <Checkbox key={value} value={value}>
            {textOf(value)} ({count})
          </Checkbox>
        ))}
      </CheckboxGroup>
      {shown.length < all.length && (
        <Button
          size="small"
          variant="tertiary"
          onPress={() => setShowsAll(true)}
        >
          {all.length - shown.length} more
        </Button>
      )}
      {all.length === 0 && (
        <Text as="p" variant="body-small" color="secondary">
          {title}: no model of these has it
        </Text>
      )}
      {onRemove && (
        <Button
          size="small"
          variant="tertiary"
          aria-label={`Remove the counts by ${title}`}
          onPress={onRemove}
        >
          Remove
        </Button>
      )}
    </div>
  );
}
