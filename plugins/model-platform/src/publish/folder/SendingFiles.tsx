import { useRef } from 'react';
import { Flex } from '@backstage/ui';
import { UploadProgress } from '@model-platform/plugin-model-platform-common';
import { formatBytes } from '@model-platform/plugin-model-platform-react';
import { ProgressLine } from './ProgressLine';

const SHOWN = 5;

/** All in all, and each of the files that were sent last. */
export function SendingFiles({ progress }: { progress: UploadProgress }) {
  const { sent, total, file } = progress;
  const files = useRef(new Map<string, UploadProgress['file']>());
  files.current.delete(file.path);
  files.current.set(file.path, file);
  const latest = [...files.current.values()].slice(-SHOWN);
  return (
    <Flex direction="column" gap="2">
      <ProgressLine
        label="All files"
        words={`${sent.files} of ${total.files} files, ${formatBytes(
          sent.bytes,
        )} of ${formatBytes(total.bytes)}`}
        part={sent.bytes}
        whole={total.bytes}
      />
      {latest
        .sort((left, right) => (left.path < right.path ? -1 : 1))
        .map(({ path, sentBytes, sizeBytes }) => (
          <ProgressLine
            key={path}
            label={path}
            words={`${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`}
            part={sentBytes}
            whole={sizeBytes}
          />
        ))}
    </Flex>
  );
}
