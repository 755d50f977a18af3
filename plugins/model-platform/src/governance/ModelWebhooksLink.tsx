import { Link, Text } from '@backstage/ui';
import { useModel } from '@model-platform/plugin-model-platform-react';

/** Leads to those who are told of what happens to a model, for who may see them. */
export function ModelWebhooksLink({ slug }: { slug: string }) {
  const model = useModel(slug).data;
  if (!model?.actions?.publish) return null;
  return (
    <Text as="p">
      Other systems can be told of what happens here:{' '}
      <Link
        href={`/model-platform/webhooks?system=${encodeURIComponent(
          model.system,
        )}`}
      >
        webhooks of {model.system}
      </Link>
      .
    </Text>
  );
}
