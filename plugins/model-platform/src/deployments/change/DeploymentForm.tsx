import { useMemo, useRef, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  DialogBody,
  DialogFooter,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import {
  DeclaredDocument,
  Deployment,
  DeploymentPlan,
  DeploymentPrecondition,
  ModelDeploymentManifest,
  ModelPlatformClient,
} from '@model-platform/plugin-model-platform-common';
import {
  CopyButton,
  messageOf,
  modelPlatformApiRef,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { YamlField } from '../../shared/YamlField';
import { isConflict } from '../isConflict';
import { isDeclared } from '../isDeclared';
import { LocationLink } from '../LocationLink';
import { asTyped } from './asTyped';
import { DocumentProblems } from './DocumentProblems';
import { FileUnread } from './FileUnread';
import { PlanSummary } from './PlanSummary';
import { ProposedChange } from './ProposedChange';
import { atLines, DocumentProblem, readManifest } from './readManifest';
import { textOf } from './textOf';
import { useEditAddress } from './useEditAddress';

/**
 * A deployment as YAML: tried first, which says what would happen, and then
 * applied; or, where Git says what it shall be, taken there.
 */
export function DeploymentForm(props: {
  /** To begin with. */
  text: string;
  /** The one that is changed. */
  deployment?: Deployment;
  /** The one in Git that is changed, where it could be read. */
  document?: DeclaredDocument;
  /** Why that could not be read. */
  unread?: Error;
  /** On the button that applies it. */
  does: string;
  onApplied: (name: string) => void;
}) {
  const { does, onApplied } = props;
  // As the text has it, whatever becomes of it meanwhile.
  const [deployment, setDeployment] = useState(props.deployment);
  const [declared, setDeclared] = useState(props.document);
  const [unread, setUnread] = useState(props.unread);
  // What others did in the meantime is not undone unseen.
  const precondition: DeploymentPrecondition = deployment
    ? { ifMatch: deployment.etag }
    : { ifNoneMatch: '*' };
  const api = useApi(modelPlatformApiRef);
  const [begun, setBegun] = useState(asTyped(props.text));
  const [text, setText] = useState(begun);
  const [reason, setReason] = useState('');
  const [problems, setProblems] = useState<DocumentProblem[]>([]);
  const [tried, setTried] = useState<{ text: string; plan: DeploymentPlan }>();
  const textRef = useRef<HTMLTextAreaElement>(null);
  const plan = tried?.text === text ? tried.plan : undefined;
  const declaredIn =
    plan?.declaredIn ??
    (deployment && isDeclared(deployment) ? deployment.source : undefined);
  const marked = useMemo(
    () => new Set(problems.flatMap(({ line }) => line ?? [])),
    [problems],
  );

  /** What is wrong by field is shown at its line; all else is an error. */
  const withManifest = async (
    work: (manifest: ModelDeploymentManifest) => Promise<void>,
  ) => {
    const read = readManifest(text);
    setProblems(read.problems);
    if (!read.manifest) return;
    try {
      await work(read.manifest);
    } catch (error) {
      setTried(undefined);
      const found = ModelPlatformClient.problemsOf(error);
      if (found.length === 0) throw error;
      setProblems(atLines(text, found));
    }
  };
  // One at a time, and the text stays as it was asked about.
  const action = useAction((step: () => Promise<void>) => step());
  const tryIt = () =>
    withManifest(async manifest => {
      const { name } = manifest.metadata;
      setTried({
        text,
        plan: await api.planDeployment(name, manifest, precondition),
      });
    });
  const apply = () =>
    withManifest(async manifest => {
      const { name } = manifest.metadata;
      await api.applyDeployment(
        name,
        { ...manifest, reason: reason.trim() || undefined },
        precondition,
      );
      onApplied(name);
    });
  const begin = (next: string, file?: DeclaredDocument) => {
    setDeclared(file);
    setBegun(next);
    setText(next);
    setProblems([]);
  };
  const reload = async (name: string) => {
    const now = await api.getDeployment(name);
    const file = declared && (await api.getDeclaredDocument(name));
    setDeployment(now);
    begin(asTyped(file?.text ?? textOf(now)), file);
  };
  const readFile = async (name: string) => {
    try {
      const file = await api.getDeclaredDocument(name);
      setUnread(undefined);
      begin(asTyped(file.text), file);
    } catch (error) {
      setUnread(error as Error);
    }
  };
  const copy = <CopyButton text={text} label="Copy the changed document" />;
  const change = (next: string) => {
    setText(next);
    setProblems([]);
    action.reset();
  };
  const goTo = (line: number) => {
    const start = text
      .split('\n')
      .slice(0, line - 1)
      .reduce((length, one) => length + one.length + 1, 0);
    const end = text.indexOf('\n', start);
    textRef.current?.focus();
    textRef.current?.setSelectionRange(start, end < 0 ? text.length : end);
  };
  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="3">
          {declaredIn && (
            <Alert
              status="info"
              icon
              title="It is declared in Git, and changed there"
              description={
                <Text>
                  In <LocationLink location={declaredIn} />. Try a change here,
                  then propose it there.
                </Text>
              }
            />
          )}
          {deployment && unread && (
            <FileUnread
              error={unread}
              isReading={action.isRunning}
              onTryAgain={
                text === begun
                  ? () => action.run(() => readFile(deployment.name))
                  : undefined
              }
            />
          )}
          <YamlField
            label="Deployment"
            hint={
              declared
                ? 'As its file has it now. Nothing happens here: it is changed in Git.'
                : 'As in model-deployment.yaml. Nothing happens before it is applied.'
            }
            value={text}
            onChange={change}
            marked={marked}
            isInvalid={problems.length > 0}
            textRef={textRef}
            isReadOnly={action.isRunning}
          />
          {problems.length > 0 && (
            <DocumentProblems problems={problems} onGoTo={goTo} />
          )}
          {action.error && (
            <Alert
              status="danger"
              icon
              role="alert"
              title="It was refused"
              description={messageOf(action.error)}
              customActions={
                isConflict(action.error) && (
                  <>
                    {!declaredIn && copy}
                    {deployment && (
                      <Button
                        size="small"
                        variant="secondary"
                        onPress={() =>
                          action.run(() => reload(deployment.name))
                        }
                      >
                        Load what is there now
                      </Button>
                    )}
                  </>
                )
              }
            />
          )}
          {declared && <ProposedChange document={declared} text={text} />}
          {declaredIn && (
            <Flex align="center" gap="1">
              {copy}
              <Text>Copy the changed document, for an editor.</Text>
            </Flex>
          )}
          {plan && <PlanSummary plan={plan} deployment={deployment} />}
          {plan && !declaredIn && (
            <TextField
              label="Reason"
              description="Kept in the history"
              value={reason}
              onChange={setReason}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        {declaredIn ? (
          <EditInGit location={declaredIn} />
        ) : (
          <Button
            variant={plan ? 'primary' : 'secondary'}
            isDisabled={!plan || action.isRunning}
            onPress={() => action.run(apply)}
          >
            {does}
          </Button>
        )}
        <Button
          variant={plan || declaredIn ? 'secondary' : 'primary'}
          isDisabled={!text.trim()}
          isPending={action.isRunning}
          onPress={() => action.run(tryIt)}
        >
          See what would happen
        </Button>
        <Button variant="secondary" slot="close">
          Cancel
        </Button>
      </DialogFooter>
    </>
  );
}

function EditInGit(props: { location: string }) {
  const address = useEditAddress(props.location);
  return address ? (
    <ButtonLink variant="primary" href={address} target="_blank">
      Edit in Git
    </ButtonLink>
  ) : null;
}
