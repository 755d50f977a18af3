import { useId, useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { saveFile } from '../../shared/saveFile';

/** `model.yaml` to mend in place, so that the folder needs no second drop. */
export function ModelYamlEditor(props: {
  text: string;
  onCheck: (text: string) => void;
}) {
  const id = useId();
  const hint = useId();
  const [text, setText] = useState(props.text);
  return (
    <Flex direction="column" gap="2">
      <label htmlFor={id}>
        <Text>model.yaml</Text>
      </label>
      <Text as="p" id={hint} variant="body-small" color="secondary">
        Mend it here, or in your folder and drop that again. What you change
        here is published; save it to keep it in your folder, too.
      </Text>
      <textarea
        id={id}
        aria-describedby={hint}
        value={text}
        onChange={({ target }) => setText(target.value)}
        rows={Math.min(24, Math.max(8, text.split('\n').length + 1))}
        spellCheck={false}
        style={{
          background: 'var(--bui-bg-neutral-2)',
          border: '1px solid var(--bui-border-2)',
          borderRadius: 'var(--bui-radius-2)',
          boxSizing: 'border-box',
          color: 'var(--bui-fg-primary)',
          fontFamily: 'var(--bui-font-monospace)',
          fontSize: 'var(--bui-font-size-2)',
          lineHeight: 1.5,
          padding: 'var(--bui-space-2)',
          width: '100%',
        }}
      />
      <Flex gap="2">
        <Button
          variant="primary"
          isDisabled={!text.trim()}
          onPress={() => props.onCheck(text)}
        >
          Check again
        </Button>
        <Button
          variant="secondary"
          isDisabled={!text.trim()}
          onPress={() => saveFile(new Blob([text]), 'model.yaml')}
        >
          Save model.yaml
        </Button>
      </Flex>
    </Flex>
  );
}
