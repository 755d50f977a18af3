import { useState } from 'react';
import { Flex, Grid, Link, Text } from '@backstage/ui';
import { Section } from '@model-platform/plugin-model-platform-react';
import { PageBody } from '../shared/PageBody';
import { MlflowCommands } from './MlflowCommands';
import { MandatoryFields } from './MandatoryFields';
import { MakePublisherToken } from './MakePublisherToken';
import { PublishFolder } from './folder';
import { PublishCommands } from './PublishCommands';
import { Publishers } from './Publishers';

const TEMPLATE = '/create/templates/default/new-ml-model';

/** How a model gets onto the platform, with this platform's own address and a token. */
export function PublishPage() {
  const [token, setToken] = useState<string>();
  const [made, setMade] = useState(0);
  return (
    <PageBody>
      <Text as="p">
        A model is published from the folder that holds its files and a{' '}
        <code>model.yaml</code>: dropped here, or by command from your machine,
        a notebook or CI. No project yet?{' '}
        <Link href={TEMPLATE}>Create one from the template New ML model</Link>:
        it comes with a trained example, tests and a pipeline that publishes.
      </Text>
      <Section
        title="Drop a folder"
        hint="From this page, with your own rights: checked as the command line checks it, and published once you say so."
      >
        <PublishFolder />
      </Section>
      <Grid.Root columns={{ initial: '1', lg: '2' }} gap="4">
        <Flex direction="column" gap="4">
          <Section title="1. Say what the model is, in model.yaml">
            <MandatoryFields />
          </Section>
        </Flex>
        <Flex direction="column" gap="4">
          <Section
            title="2. Get a token"
            hint="With it a machine may publish and deploy for one group in one system. CI gets one of its own."
          >
            <MakePublisherToken
              token={token}
              onMade={newToken => {
                setToken(newToken);
                setMade(count => count + 1);
              }}
            />
          </Section>
          <Section title="3. Publish and deploy">
            <PublishCommands token={token} />
          </Section>
          <Section title="Or from MLflow">
            <MlflowCommands token={token} />
          </Section>
        </Flex>
      </Grid.Root>
      <Section
        title="Tokens and CI jobs"
        hint="Who publishes without being a person: your tokens, and those of everybody if you are a platform admin."
      >
        <Publishers made={made} />
      </Section>
    </PageBody>
  );
}
