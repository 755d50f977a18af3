import { useEffect, useState } from 'react';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { ResponseError } from '@backstage/errors';
import {
  formatBytes,
  LoadingRows,
  messageOf,
} from '@model-platform/plugin-model-platform-react';
import { AcceptedFolder } from './AcceptedFolder';
import { FolderPicker } from './FolderPicker';
import { ModelYamlEditor } from './ModelYamlEditor';
import { ProblemsTable } from './ProblemsTable';
import { ProgressLine } from './ProgressLine';
import { PublishedFolder } from './PublishedFolder';
import { rememberedUpload, rememberUpload } from './rememberedUpload';
import { SendingFiles } from './SendingFiles';
import { FolderPublishing, useFolderPublishing } from './useFolderPublishing';

/** Publishes a folder of the reader's machine: checked first, then sent, then shown. */
export function PublishFolder() {
  const publishing = useFolderPublishing();
  const { step, check, clear } = publishing;
  const isSending = step.is === 'sending' || step.is === 'completing';
  useEffect(() => {
    if (!isSending) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isSending]);
  const takes = ['empty', 'refused', 'failed'].includes(step.is);
  return (
    <Flex direction="column" gap="4">
      {step.is === 'empty' && <CutOffBefore />}
      {takes && <FolderPicker onFolder={check} />}
      <Step {...publishing} />
      {(isSending || step.is === 'hashing') && (
        <div>
          <Button variant="secondary" onPress={clear}>
            Stop
          </Button>
        </div>
      )}
    </Flex>
  );
}

function Step({ step, checkWith, publish, clear }: FolderPublishing) {
  switch (step.is) {
    case 'reading':
    case 'checking':
      return (
        <LoadingRows
          rows={3}
          label={
            step.is === 'reading' ? 'Looking at the folder' : 'Checking it'
          }
        />
      );
    case 'hashing': {
      const { path, bytes, totalBytes } = step.progress;
      return (
        <ProgressLine
          label={`Reading ${path}`}
          words={`${formatBytes(bytes)} of ${formatBytes(totalBytes)}`}
          part={bytes}
          whole={totalBytes}
        />
      );
    }
    case 'refused':
      return (
        <Flex direction="column" gap="3">
          <Alert
            status="warning"
            icon
            role="alert"
            title="This folder would be refused"
            description="Nothing is stored. Every broken rule is below, with what would do."
          />
          <ProblemsTable problems={step.problems} />
          <ModelYamlEditor
            key={step.modelYaml}
            text={step.modelYaml}
            onCheck={checkWith}
          />
        </Flex>
      );
    case 'accepted':
      return (
        <AcceptedFolder
          folder={step.folder}
          onPublish={publish}
          onCancel={clear}
        />
      );
    case 'sending':
      return (
        <Flex direction="column" gap="3">
          <Text as="p" role="status" weight="bold">
            {step.resumed
              ? `Going on with version ${step.number} of ${step.name}: only what is missing is sent.`
              : `Publishing ${step.name}. Stay on this page; nothing is visible before all of it is there.`}
          </Text>
          {step.cut && (
            <Alert
              status="warning"
              icon
              role="status"
              title="The connection was cut; trying again"
              description={messageOf(step.cut)}
            />
          )}
          {step.progress && <SendingFiles progress={step.progress} />}
        </Flex>
      );
    case 'completing':
      return (
        <LoadingRows rows={2} label={`Checking the files of ${step.name}`} />
      );
    case 'failed':
      return <Failure error={step.error} onAgain={step.again} />;
    case 'done':
      return <PublishedFolder published={step.published} onNext={clear} />;
    default:
      return null;
  }
}

function Failure(props: { error: Error; onAgain: () => void }) {
  const { error, onAgain } = props;
  const isForbidden = ResponseError.is(error) && error.statusCode === 403;
  return (
    <Alert
      status={isForbidden ? 'warning' : 'danger'}
      icon
      role="alert"
      title={
        isForbidden ? 'You may not publish this' : 'It could not be published'
      }
      description={`${messageOf(error)}${
        isForbidden
          ? ''
          : ' What has arrived is kept: trying again, or dropping the same folder later, sends only what is missing.'
      }`}
      customActions={
        <Button size="small" variant="secondary" onPress={onAgain}>
          Try again
        </Button>
      }
    />
  );
}

function CutOffBefore() {
  const [cut, setCut] = useState(rememberedUpload);
  if (!cut) return null;
  return (
    <Alert
      status="info"
      icon
      role="status"
      title={`Publishing version ${cut.number} of ${cut.name} was cut off`}
      description="Drop the same folder again: it goes on, and only what is missing is sent."
      customActions={
        <Button
          size="small"
          variant="secondary"
          onPress={() => {
            rememberUpload(undefined);
            setCut(undefined);
          }}
        >
          Forget it
        </Button>
      }
    />
  );
}
