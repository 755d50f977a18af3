import { CSSProperties } from 'react';
import { Flex, Text } from '@backstage/ui';
import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import { CopyButton } from '@model-platform/plugin-model-platform-react';
import { proposePatch } from './proposePatch';

const removed: CSSProperties = {
  background: 'var(--bui-negative-bg-subdued)',
  color: 'var(--bui-negative-fg-subdued)',
};
const added: CSSProperties = {
  background: 'var(--bui-positive-bg-subdued)',
  color: 'var(--bui-positive-fg-subdued)',
};
const place: CSSProperties = { color: 'var(--bui-fg-secondary)' };

/** What a file in Git would lose and get, to read and to take there. */
export function ProposedChange(props: {
  document: DeclaredDocument;
  /** Of the document, as changed. */
  text: string;
}) {
  const { document, text } = props;
  const patch = proposePatch(document, text);
  return (
    <section aria-label="Proposed change">
      <Flex direction="column" gap="2">
        <Text as="h3" variant="body-medium" weight="bold">
          Proposed change
        </Text>
        {patch === undefined ? (
          <Text as="p" color="secondary">
            None yet: this is what the file says.
          </Text>
        ) : (
          <>
            <PatchLines patch={patch} />
            {document.path === undefined ? (
              <Text as="p" color="secondary">
                A patch cannot be made of it: the address of the file does not
                say for sure where in the repository it is.
              </Text>
            ) : (
              <Flex align="center" gap="1">
                <CopyButton text={patch} label="Copy the patch" />
                <Text>
                  Copy the patch: <code>git apply</code> takes it at the root of
                  the repository.
                </Text>
              </Flex>
            )}
          </>
        )}
      </Flex>
    </section>
  );
}

function PatchLines({ patch }: { patch: string }) {
  const lines = patch.trimEnd().split('\n');
  return (
    <pre
      aria-label="Difference to the file in Git"
      // Long lines scroll; who has no pointer reaches them by keyboard.
      tabIndex={0}
      role="region"
      style={{
        background: 'var(--bui-bg-neutral-2)',
        borderRadius: 'var(--bui-radius-2)',
        color: 'var(--bui-fg-primary)',
        fontFamily: 'var(--bui-font-monospace)',
        fontSize: 'var(--bui-font-size-2)',
        lineHeight: 1.5,
        margin: 0,
        maxHeight: '30vh',
        overflow: 'auto',
        padding: 'var(--bui-space-2)',
      }}
    >
      {/* As wide as the longest of them, so that all are coloured to their end. */}
      <div style={{ minWidth: '100%', width: 'max-content' }}>
        {lines.map((line, index) => (
          <PatchLine
            key={index}
            line={line}
            isName={index < 2 && !lines[0].startsWith('@')}
          />
        ))}
      </div>
    </pre>
  );
}

function PatchLine({ line, isName }: { line: string; isName: boolean }) {
  const shown = { display: 'block', textDecoration: 'none' };
  if (isName || /^[@\\]/.test(line))
    return <span style={{ ...shown, ...place }}>{line}</span>;
  if (line.startsWith('-'))
    return <del style={{ ...shown, ...removed }}>{line}</del>;
  if (line.startsWith('+'))
    return <ins style={{ ...shown, ...added }}>{line}</ins>;
  return <span style={shown}>{line}</span>;
}
