import { useState } from 'react';
import { Button, Flex, TextAreaField } from '@backstage/ui';
import { saveFile } from '../../shared/saveFile';

/** `model.yaml` to mend in place, so that the folder needs no second drop. */
export function ModelYamlEditor(props: {
  text: string;
  onCheck: (text: string) => void;
}) {
  const [text, setText] = useState(props.text);
  return (
    <Flex direction="column" gap="2">
      <TextAreaField
        label="model.yaml"
        description="Mend it here, or in your folder and drop that again. What you change here is published; save it to keep it in your folder, too."
        value={text}
        onChange={setText}
        rows={Math.min(24, Math.max(8, text.split('\n').length + 1))}
        spellCheck="false"
        style={{ fontFamily: 'var(--bui-font-monospace)' }}
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
