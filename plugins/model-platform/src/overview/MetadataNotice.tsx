import { Alert } from '@backstage/ui';
import {
  FieldProblem,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { useLoaded } from '@model-platform/plugin-model-platform-react';

/** Says what a model falls short of, since a schema or the policy for pickles was tightened; nothing where it is complete. */
export function MetadataNotice({ model }: { model: Model }) {
  return model.metadataComplete === false ? (
    <Shortfalls slug={model.slug} />
  ) : null;
}

function Shortfalls({ slug }: { slug: string }) {
  const compliance = useLoaded(
    `compliance of ${slug}`,
    (api, signal) => api.getMetadataCompliance(slug, { signal }),
    { on: ['models'] },
  );
  return (
    <Alert
      status="warning"
      icon
      title="It falls short of today's rules"
      description={
        <>
          The version stays published. The next one must put right:
          <ul style={{ margin: 0 }}>
            {(compliance.data?.problems ?? []).map(problem => (
              <li key={`${problem.field} ${problem.rule}`}>
                <code>{problem.field}</code> {inWords(problem)}
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
}

function inWords({ rule, source }: FieldProblem): string {
  return source === 'platform' ? rule : `${rule} (${source})`;
}
