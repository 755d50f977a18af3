import { Alert, Flex, Text } from '@backstage/ui';
import { DeploymentDeclaration } from '@model-platform/plugin-model-platform-common';
import { Section, TimeAgo } from '@model-platform/plugin-model-platform-react';
import { LocationLink } from './LocationLink';

/** Files in Git that ask for a deployment and do not get it, with the reason; nothing where all are in force. */
export function RefusedDeclarations(props: {
  declarations: DeploymentDeclaration[];
}) {
  const refused = props.declarations.filter(({ state }) => state === 'refused');
  if (refused.length === 0) {
    return null;
  }
  return (
    <Section title="Refused declarations">
      <Flex direction="column" gap="3">
        {refused.map(declaration => (
          <RefusedDeclaration
            key={declaration.entityRef}
            declaration={declaration}
          />
        ))}
      </Flex>
    </Section>
  );
}

/** One of them. */
export function RefusedDeclaration(props: {
  declaration: DeploymentDeclaration;
}) {
  const { name, location, message, updatedAt } = props.declaration;
  return (
    <Alert
      status="warning"
      icon
      title={`${name} is refused`}
      description={
        <Text>
          {message && `${message}. `}Declared in{' '}
          <LocationLink location={location} />; read <TimeAgo at={updatedAt} />.
          Where something was in force before, it goes on.
        </Text>
      }
    />
  );
}
