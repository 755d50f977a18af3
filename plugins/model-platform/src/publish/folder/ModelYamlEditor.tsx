import { useState } from 'react';
import { Button, Flex } from '@backstage/ui';
import { saveFile } from '../../shared/saveFile';
import { YamlField } from '../../shared/YamlField';

/** `model.yaml` to mend in place, so that the folder needs no second drop. */
export function ModelYamlEditor(props: {
  text: string;
  onCheck: (text: string) => void;
}) {
  const [text, setText] = useState(props.text);
  return (
    <Flex direction="column" gap="2">
      <YamlField
        label="model.yaml"
        hint="Mend it here, or in your folder and drop that again. What you change here is published; save it to keep it in your folder, too."
        value={text}
        onChange={setText}
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
