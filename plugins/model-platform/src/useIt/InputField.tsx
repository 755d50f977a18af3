import { useState } from 'react';
import { NumberField, Select, TextField } from '@backstage/ui';
import { SignatureField } from '@model-platform/plugin-model-platform-common';

/** How text is written that is not any text. */
const writing: Partial<Record<SignatureField['type'], string>> = {
  date: 'As 2026-05-01',
  datetime: 'With its zone, as 2026-05-01T12:00:00Z',
  bytes: 'In base64; the docs page of the endpoint takes a file',
};

/** The control that fits one input: its type, bounds and unit. */
export function InputField(props: {
  field: SignatureField;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const { field, value, onChange } = props;
  const label = `${field.name}${field.unit ? ` (${field.unit})` : ''}`;
  const described = (how?: string) =>
    [field.description, how].filter(Boolean).join('. ') || undefined;
  if (field.type === 'object' || (field.shape && field.shape.length > 0)) {
    return (
      <JsonField
        kind={field.shape && field.shape.length > 0 ? 'list' : 'object'}
        label={label}
        describe={described}
        value={value}
        onChange={onChange}
      />
    );
  }
  const choices =
    field.enum ?? (field.type === 'boolean' ? [true, false] : undefined);
  if (choices) {
    return (
      <Select
        label={label}
        description={described()}
        options={choices.map(one => ({ id: String(one), label: String(one) }))}
        selectedKey={String(value)}
        onSelectionChange={key =>
          onChange(choices.find(one => String(one) === key))
        }
      />
    );
  }
  if (field.type === 'number' || field.type === 'integer') {
    return (
      <NumberField
        label={label}
        description={described()}
        value={typeof value === 'number' ? value : undefined}
        minValue={field.minimum}
        maxValue={field.maximum}
        step={field.type === 'integer' ? 1 : undefined}
        formatOptions={{ maximumFractionDigits: 12, useGrouping: false }}
        onChange={number => {
          if (!Number.isNaN(number)) onChange(number);
        }}
      />
    );
  }
  return (
    <TextField
      label={label}
      description={described(writing[field.type])}
      value={typeof value === 'string' ? value : ''}
      onChange={onChange}
    />
  );
}

const jsonKinds = {
  list: { empty: [], is: (value: unknown) => Array.isArray(value) },
  object: {
    empty: {},
    is: (value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  },
};

/** For shaped inputs a list, for objects one, as JSON. What can't be read yet changes nothing. */
function JsonField(props: {
  kind: keyof typeof jsonKinds;
  label: string;
  describe: (how: string) => string | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const { kind, label, describe, value, onChange } = props;
  const { empty, is } = jsonKinds[kind];
  const [text, setText] = useState(JSON.stringify(value ?? empty));
  const [isWrong, setWrong] = useState(false);
  return (
    <TextField
      label={label}
      description={describe(
        isWrong ? `This is not a JSON ${kind} yet` : `As a JSON ${kind}`,
      )}
      isInvalid={isWrong}
      value={text}
      onChange={next => {
        setText(next);
        try {
          const parsed: unknown = JSON.parse(next);
          setWrong(!is(parsed));
          if (is(parsed)) onChange(parsed);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}
