import { Tab, TabList, TabPanel, Tabs } from '@backstage/ui';
import { CodeBlock } from '@model-platform/plugin-model-platform-react';
import { Inputs, snippets } from './snippets';

/** The call, in the language of the one who makes it. */
export function CallSnippets(props: { url: string; inputs: Inputs }) {
  const all = snippets(props.url, props.inputs);
  return (
    <Tabs>
      <TabList aria-label="Language">
        {all.map(({ id, title }) => (
          <Tab key={id} id={id}>
            {title}
          </Tab>
        ))}
      </TabList>
      {all.map(({ id, title, text }) => (
        <TabPanel key={id} id={id}>
          <CodeBlock label={`The call in ${title}`} text={text} />
        </TabPanel>
      ))}
    </Tabs>
  );
}
