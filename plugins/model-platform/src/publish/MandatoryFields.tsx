import { Flex, Select, Text } from '@backstage/ui';
import { MetadataSchemaRef } from '@model-platform/plugin-model-platform-common';
import {
  CodeBlock,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { useUrlState } from '../shared/useUrlState';
import { MetadataField, mandatoryFieldsOf } from './mandatoryFieldsOf';
import { toModelYaml } from './toModelYaml';
import { useSystems } from '../shared/useSystems';

const TYPES = [
  { value: 'ml', label: 'ml: machine learning' },
  { value: 'prompt', label: 'prompt: language model with a prompt' },
  { value: 'optimization', label: 'optimization' },
  { value: 'process', label: 'process' },
];

/** Not the name of a system. */
const ANY_SYSTEM = '*';

/** What metadata a type of model must have, and a file to start from. */
export function MandatoryFields() {
  const url = useUrlState();
  const type = url.get('type') ?? 'ml';
  const system = url.get('system');
  const schema = useLoaded(
    `schema ${type} ${system ?? ''}`,
    (api, signal) => api.getMetadataSchema(type, { system }, { signal }),
    { keep: true },
  );
  const systems = useSystems();
  const types = TYPES.some(({ value }) => value === type)
    ? TYPES
    : [...TYPES, { value: type, label: type }];
  return (
    <Flex direction="column" gap="3">
      <Flex gap="3">
        <Select
          label="Type of model"
          options={types}
          selectedKey={type}
          onSelectionChange={key =>
            url.set({ type: key === 'ml' ? undefined : String(key) })
          }
        />
        <Select
          label="For the system"
          options={[
            { value: ANY_SYSTEM, label: 'any' },
            ...[...new Set([...systems, ...(system ? [system] : [])])].map(
              name => ({ value: name, label: name }),
            ),
          ]}
          selectedKey={system ?? ANY_SYSTEM}
          onSelectionChange={key =>
            url.set({ system: key === ANY_SYSTEM ? undefined : String(key) })
          }
        />
      </Flex>
      <LoadState loaded={schema} what={`the fields of type ${type}`}>
        {data => {
          const fields = mandatoryFieldsOf(data.schema);
          return (
            <Flex direction="column" gap="4">
              <FieldList fields={fields} />
              <Text as="p" variant="body-small" color="secondary">
                By {data.schemas?.map(schemaText).join(' and ') ?? 'the schema'}
                . <code>publish --dry-run</code> says what would be refused.
              </Text>
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

function schemaText({ name, version }: MetadataSchemaRef): string {
  return name === 'platform'
    ? `the platform's schema, version ${version}`
    : `${name}, version ${version}`;
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
