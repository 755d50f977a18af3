import { Flex, Text } from '@backstage/ui';
import {
  Facts,
  LoadState,
  Section,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { useModelSlug } from '../shared/useModelSlug';
import { MetadataNotice } from './MetadataNotice';
import { modelFacts } from './modelFacts';

/** What a model is for, for whom, how and on which data it was made. */
export function ModelPurposeCard() {
  const slug = useModelSlug();
  const model = useModel(slug);
  return (
    <Section
      title="What it is for"
      hint={
        model.data?.current &&
        `As its version ${model.data.current.number} says`
      }
    >
      <LoadState loaded={model} what={`the facts of ${slug}`}>
        {data => {
          const { purpose, facts } = modelFacts(data);
          return (
            <Flex direction="column" gap="3">
              <MetadataNotice model={data} />
              <Text as="p" variant="body-large">
                {purpose || data.description}
              </Text>
              {facts.length === 0 && (
                <Text as="p" color="secondary">
                  No version has been published yet that would say more.
                </Text>
              )}
              <Facts facts={facts} />
            </Flex>
          );
        }}
      </LoadState>
    </Section>
  );
}
