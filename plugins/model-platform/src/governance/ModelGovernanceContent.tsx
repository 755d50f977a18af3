import { Flex } from '@backstage/ui';
import { useModelSlug } from '../shared/useModelSlug';
import { useUrlState } from '../shared/useUrlState';
import { AliasesAt } from './AliasesAt';
import { ModelHistory } from './ModelHistory';

/** What happened to a model, and what served when. */
export function ModelGovernanceContent() {
  const slug = useModelSlug();
  const url = useUrlState();
  return (
    <Flex direction="column" gap="4">
      <AliasesAt slug={slug} url={url} />
      <ModelHistory slug={slug} url={url} />
    </Flex>
  );
}
