import { useState } from 'react';
import { Alert, Flex, Link, Text } from '@backstage/ui';
import {
  CodeBlock,
  CopyButton,
  Facts,
  LoadState,
  Section,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { SignatureTable } from '../shared/SignatureTable';
import { CallSnippets } from './CallSnippets';
import { EndpointTokens } from './EndpointTokens';
import { exportToken, Inputs } from './snippets';
import { InputsForm } from './InputsForm';
import { exampleOf } from './exampleOf';

/** URL, token, call: in this order, on one page. */
export function EndpointUse(props: { name: string }) {
  const { name } = props;
  const loaded = useLoaded(
    `endpoint ${name}`,
    async (api, signal) => {
      const endpoint = await api.getEndpoint(name, { signal });
      const model = await api.getModel(endpoint.modelSlug, { signal });
      return { endpoint, model };
    },
    { on: ['deployments'] },
  );
  const [token, setToken] = useState<string>();
  const [changed, setChanged] = useState<Inputs>();

  return (
    <LoadState loaded={loaded} what={`the endpoint ${name}`}>
      {({ endpoint, model }) => {
        const { signature } = endpoint;
        const inputs = changed ?? exampleOf(endpoint);
        return (
          <Flex direction="column" gap="4">
            {!endpoint.ready && (
              <Alert
                status="warning"
                icon
                title="This endpoint does not answer now"
                description="It is starting, failed or switched off; its deployment says which."
              />
            )}
            <Section title="1. The endpoint">
              <Facts
                facts={[
                  {
                    name: 'URL',
                    value: (
                      <Flex align="center" gap="1">
                        <code>{endpoint.url}/predict</code>
                        <CopyButton
                          text={`${endpoint.url}/predict`}
                          label="Copy the URL"
                        />
                      </Flex>
                    ),
                  },
                  {
                    name: 'Serves',
                    value: `${endpoint.versionModel ?? endpoint.model}${
                      endpoint.version === undefined
                        ? ''
                        : ` v${endpoint.version}`
                    }`,
                  },
                  {
                    name: 'Try it',
                    value: (
                      <>
                        <Link href={`${endpoint.url}/docs`} target="_blank">
                          in the browser
                        </Link>
                        , with a token of the next step; typed clients in
                        TypeScript and Python are there too
                      </>
                    ),
                  },
                  {
                    name: 'Documents',
                    value: (
                      <>
                        <code>{endpoint.url}/openapi.json</code> (with the
                        token) for client generators; the{' '}
                        <Link href="https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol">
                          Open Inference Protocol
                        </Link>{' '}
                        under <code>{endpoint.url}/v2/…</code>
                      </>
                    ),
                  },
                ]}
              />
            </Section>
            <Section
              title="2. A token"
              hint="One for each application, so that calls are counted by who makes them, and one can be revoked without the others."
            >
              <EndpointTokens
                endpoint={name}
                owner={model.owner}
                mayCreate={Boolean(model.actions?.createEndpointToken)}
                mayDeploy={Boolean(model.actions?.deploy)}
                onCreated={setToken}
              />
              {token && (
                <Flex direction="column" gap="2" mt="3">
                  <Alert
                    status="success"
                    icon
                    role="status"
                    title="The token, shown this once"
                    description="Keep it where your application keeps secrets. For the snippets below:"
                  />
                  <CodeBlock label="The new token" text={exportToken(token)} />
                </Flex>
              )}
            </Section>
            <Section
              title="3. The call"
              hint="The values are the model's own example; change them, and the snippets follow."
            >
              <Flex direction="column" gap="4">
                {signature && (
                  <InputsForm
                    fields={signature.inputs}
                    inputs={inputs}
                    onChange={setChanged}
                  />
                )}
                <CallSnippets url={endpoint.url} inputs={inputs} />
                <Text as="p" color="secondary">
                  Several lines at once: a list in <code>inputs</code> gives a
                  list in <code>outputs</code>. Each answer carries{' '}
                  <code>x-request-id</code>, which finds the call in the logs.
                  On 503 and 429 wait for <code>Retry-After</code> seconds and
                  send again; 400 names the wrong fields.
                </Text>
              </Flex>
            </Section>
            {signature && (
              <Section title="4. What goes in and comes out">
                <SignatureTable signature={signature} />
              </Section>
            )}
          </Flex>
        );
      }}
    </LoadState>
  );
}
