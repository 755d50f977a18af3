import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Text } from '@backstage/ui';
import {
  LoadState,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadDeclarations } from './loadDeclarations';
import { RefusedDeclaration } from './RefusedDeclarations';

/** On the catalog's page of a declaration: what became of it. */
export function ModelDeploymentCard() {
  const { entity } = useEntity();
  const declarations = useLoaded('declarations', loadDeclarations, {
    on: ['deployments'],
    everyMs: 15_000,
  });
  const entityRef = stringifyEntityRef(entity);
  return (
    <Section title="Declaration">
      <LoadState loaded={declarations} what="what became of the declaration">
        {items => {
          const declaration = items.find(one => one.entityRef === entityRef);
          if (declaration?.state === 'refused') {
            return <RefusedDeclaration declaration={declaration} />;
          }
          return (
            <Text as="p">
              {declaration === undefined
                ? 'It was not read yet: that takes a minute after the catalog has it.'
                : declaration.message ??
                  `${declaration.name} is as declared here`}
              {declaration && (
                <>
                  , since <TimeAgo at={declaration.updatedAt} />
                </>
              )}
            </Text>
          );
        }}
      </LoadState>
    </Section>
  );
}
