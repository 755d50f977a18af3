import { useState } from 'react';
import { Button, Combobox, Flex } from '@backstage/ui';

/** Chooses one more field of the metadata to count and narrow by. */
export function FieldChooser(props: {
  /** Those that the models on the page have. */
  known: string[];
  onChoose: (field: string) => void;
}) {
  const { known, onChoose } = props;
  const [field, setField] = useState('');
  const choose = (chosen: string) => {
    setField('');
    if (chosen.trim()) onChoose(chosen);
  };
  return (
    <Flex direction="column" gap="2" align="start">
      <Combobox
        label="Another field of the metadata"
        placeholder="e.g. method"
        options={known.map(one => ({ value: one, label: one }))}
        allowsCustomValue
        inputValue={field}
        onInputChange={setField}
        onSelectionChange={key => {
          if (key !== null) choose(String(key));
        }}
      />
      <Button
        size="small"
        variant="secondary"
        isDisabled={!field.trim()}
        onPress={() => choose(field)}
      >
        Count by it
      </Button>
    </Flex>
  );
}
