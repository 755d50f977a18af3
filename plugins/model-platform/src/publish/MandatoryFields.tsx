import { Box, Flex, Select, Text } from '@backstage/ui';
import {
  CodeBlock,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { useUrlState } from '../shared/useUrlState';
import { MetadataField, mandatoryFieldsOf } from './mandatoryFieldsOf';
import { toModelYaml } from './toModelYaml';

const TYPES = [
  { value: 'ml', label: 'ml: machine learning' },
  { value: 'prompt', label: 'prompt: language model with a prompt' },
  { value: 'optimization', label: 'optimization' },
  { value: 'process', label: 'process' },
];

/** What metadata a type of model must have, and a file to start from. */
export function MandatoryFields() {
  const url = useUrlState();
  const type = url.get('type') ?? 'ml';
  const schema = useLoaded(
    `schema ${type}`,
    (api, signal) => api.getMetadataSchema(type, {}, { signal }),
    { keep: true },
  );
  const types = TYPES.some(({ value }) => value === type)
    ? TYPES
    : [...TYPES, { value: type, label: type }];
  return (
    <Flex direction="column" gap="3">
      <Box maxWidth="320px">
        <Select
          label="Type of model"
          options={types}
          selectedKey={type}
          onSelectionChange={key =>
            url.set({ type: key === 'ml' ? undefined : String(key) })
          }
        />
      </Box>
      <LoadState loaded={schema} what={`the fields of type ${type}`}>
        {data => {
          const fields = mandatoryFieldsOf(data.schema);
          return (
            <Flex direction="column" gap="4">
              <FieldList fields={fields} />
              <CodeBlock
                label="model.yaml to start from"
                text={toModelYaml(type, fields)}
              />
            </Flex>
          );
        }}
      </LoadState>
    </Flex>
  );
}

function FieldList({ fields }: { fields: MetadataField[] }) {
  return (
    <dl style={{ margin: 0 }} aria-label="Fields of metadata">
      {fields.map(field => (
        <div key={field.path} style={{ marginBottom: 'var(--bui-space-2)' }}>
          <dt>
            <Text weight="bold">
              <code>{field.path}</code>
            </Text>{' '}
            <Text variant="body-small" color="secondary">
              {field.isRequired ? 'mandatory' : 'optional'}
            </Text>
          </dt>
          <dd style={{ margin: 0 }}>
            <Text>
              {field.description}
              {field.values && <>: {field.values.join(', ')}</>}
            </Text>
          </dd>
        </div>
      ))}
    </dl>
  );
}
