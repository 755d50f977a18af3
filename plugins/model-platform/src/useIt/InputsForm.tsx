import { Grid } from '@backstage/ui';
import { SignatureField } from '@model-platform/plugin-model-platform-common';
import { InputField } from './InputField';
import { Inputs } from './snippets';

/** One field for each input of the signature. */
export function InputsForm(props: {
  fields: SignatureField[];
  inputs: Inputs;
  onChange: (inputs: Inputs) => void;
}) {
  const { fields, inputs, onChange } = props;
  return (
    <Grid.Root columns={{ initial: '1', sm: '2', lg: '4' }} gap="3">
      {fields.map(field => (
        <InputField
          key={field.name}
          field={field}
          value={inputs[field.name]}
          onChange={value => onChange({ ...inputs, [field.name]: value })}
        />
      ))}
    </Grid.Root>
  );
}
