import { useRef, useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { FolderFile } from './FolderFile';
import { readChosenFolder } from './readChosenFolder';
import { readDroppedFolder } from './readDroppedFolder';

/** Takes a folder, dropped or chosen. */
export function FolderPicker(props: {
  onFolder: (read: () => Promise<FolderFile[]> | FolderFile[]) => void;
}) {
  const { onFolder } = props;
  const input = useRef<HTMLInputElement | null>(null);
  const [isOver, setOver] = useState(false);
  return (
    <div
      data-testid="folder-drop"
      onDragOver={event => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        const { dataTransfer } = event;
        onFolder(() => readDroppedFolder(dataTransfer));
      }}
      style={{
        background: isOver ? 'var(--bui-bg-neutral-2)' : undefined,
        border: `2px dashed var(${isOver ? '--bui-ring' : '--bui-border-2'})`,
        borderRadius: 'var(--bui-radius-3)',
        padding: 'var(--bui-space-5)',
      }}
    >
      <Flex direction="column" align="center" gap="2">
        <Text as="p" style={{ textAlign: 'center' }}>
          Drop the model's folder here: <code>model.yaml</code> and the files
          beside it.
        </Text>
        <Button variant="secondary" onPress={() => input.current?.click()}>
          Choose a folder
        </Button>
      </Flex>
      <input
        ref={element => {
          input.current = element;
          // React knows no such attribute, browsers do.
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Folder of the model"
        onChange={({ target }) => {
          const chosen = target.files && readChosenFolder(target.files);
          // So that the same folder can be chosen once more.
          target.value = '';
          if (chosen?.length) onFolder(() => chosen);
        }}
      />
    </div>
  );
}
