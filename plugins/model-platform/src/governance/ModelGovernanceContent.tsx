import { Flex } from '@backstage/ui';
import { useModelSlug } from '../shared/useModelSlug';
import { useUrlState } from '../shared/useUrlState';
import { AliasesAt } from './AliasesAt';
import { ArchiveModel } from './ArchiveModel';
import { ModelHistory } from './ModelHistory';
import { ModelWebhooksLink } from './ModelWebhooksLink';

/** What happened to a model, and what served when. */
export function ModelGovernanceContent() {
  const slug = useModelSlug();
  const url = useUrlState();
  return (
    <Flex direction="column" gap="4">
      <AliasesAt slug={slug} url={url} />
      <ModelHistory slug={slug} url={url} />
      <ModelWebhooksLink slug={slug} />
      <ArchiveModel slug={slug} />
    </Flex>
  );
}
