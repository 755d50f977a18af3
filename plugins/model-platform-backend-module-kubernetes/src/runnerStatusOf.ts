import {
  V1Container,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
} from '@kubernetes/client-node';
import {
  REQUIREMENTS_LOCK,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import { LABELS } from './manifests/labels';

/** What a pod is, for a model developer. */
interface Finding {
  phase: RunnerStatus['phase'];
  message?: string;
}

/** Reasons to wait that do not pass by waiting. */
const IMAGE_PROBLEMS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
]);

/** What fails where a container ends that only prepares. */
const STEPS: Record<string, string | undefined> = {
  fetch: 'The files of the version could not be fetched',
  packages: `The packages of ${REQUIREMENTS_LOCK} could not be installed`,
};

/** A pod as a runner. */
export function runnerStatusOf(
  pod: V1Pod,
  warning: string | undefined,
): RunnerStatus {
  const { metadata, status } = pod;
  const labels = metadata?.labels ?? {};
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  const { phase, message } = findingOf(pod);
  const startedAt = status?.startTime;
  return {
    id: metadata?.name ?? '',
    variant: labels[LABELS.variant] ?? '',
    version: Number(labels[LABELS.version]),
    revision: Number(labels[LABELS.revision]),
    phase,
    restarts: containers.reduce((sum, one) => sum + one.restartCount, 0),
    message: message ?? (phase === 'starting' ? warning : undefined),
    startedAt: startedAt && new Date(startedAt).toISOString(),
  };
}

/** Whether the pod's status does not say why it is not ready: then events may. */
export function isUnexplained(pod: V1Pod): boolean {
  const { phase, message } = findingOf(pod);
  return phase === 'starting' && message === undefined;
}

function findingOf(pod: V1Pod): Finding {
  const { metadata, status, spec } = pod;
  if (metadata?.deletionTimestamp) return { phase: 'draining' };
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') {
    return {
      phase: 'stopped',
      message: `The cluster ended it: ${
        status.message ?? status.reason ?? status.phase
      }`,
    };
  }
  for (const container of status?.initContainerStatuses ?? []) {
    const problem = problemOf(container, pod);
    if (problem) return { phase: 'failed', message: problem };
  }
  const [runner] = status?.containerStatuses ?? [];
  const isReady = conditionOf(pod, 'Ready')?.status === 'True';
  const problem = runner && problemOf(runner, pod);
  if (problem && !isReady) return { phase: 'failed', message: problem };
  if (isReady) return { phase: 'ready', message: lastEndIn(pod) };
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False') {
    return {
      phase: 'starting',
      message: `The cluster has no room for it${asked(spec)}: ${
        scheduled.message ?? scheduled.reason
      }`,
    };
  }
  return { phase: 'starting', message: lastEndIn(pod) };
}

/** Why a container does not run, unless it is about to. */
function problemOf(
  container: V1ContainerStatus,
  pod: V1Pod,
): string | undefined {
  const { waiting, terminated } = container.state ?? {};
  if (waiting?.reason && IMAGE_PROBLEMS.has(waiting.reason)) {
    return `The cluster cannot get the image ${container.image} (${
      waiting.reason
    })${waiting.message ? `: ${waiting.message}` : ''}; see ${
      container.name === 'model'
        ? 'imageRegistries of the environment, and whether the image is there'
        : 'modelPlatform.kubernetes.images'
    }`;
  }
  if (
    waiting?.reason === 'CreateContainerConfigError' ||
    waiting?.reason === 'CreateContainerError' ||
    waiting?.reason === 'RunContainerError'
  ) {
    return `The cluster cannot start it (${waiting.reason}): ${waiting.message}`;
  }
  if (waiting?.reason === 'CrashLoopBackOff') {
    return lastEndOf(container, pod) ?? 'It ends again and again';
  }
  if (terminated && terminated.exitCode !== 0) {
    return endOf(container, terminated, pod);
  }
  return undefined;
}

/** Of all that serve together: a model's own container is one of those that start first. */
function lastEndIn(pod: V1Pod): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } =
    pod.status ?? {};
  const names = servingContainersOf(pod.spec).map(({ name }) => name);
  const [latest] = [...initContainerStatuses, ...containerStatuses]
    .filter(
      ({ name, lastState }) => names.includes(name) && lastState?.terminated,
    )
    .sort((a, b) => endedAt(b) - endedAt(a));
  return latest && lastEndOf(latest, pod);
}

function endedAt({ lastState }: V1ContainerStatus): number {
  return new Date(lastState?.terminated?.finishedAt ?? 0).getTime();
}

function lastEndOf(
  container: V1ContainerStatus,
  pod: V1Pod,
): string | undefined {
  const terminated = container.lastState?.terminated;
  return terminated && endOf(container, terminated, pod);
}

function endOf(
  { name }: V1ContainerStatus,
  {
    reason,
    exitCode,
    signal,
    message,
  }: {
    reason?: string;
    exitCode: number;
    signal?: number;
    message?: string;
  },
  pod: V1Pod,
): string {
  if (reason === 'OOMKilled') {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const limit = [...containers, ...initContainers].find(
      one => one.name === name,
    )?.resources?.limits?.memory;
    return `It was ended because it used more memory than it may${
      limit ? ` (${limit})` : ''
    }; give it more with resources.memory`;
  }
  const told = lastLineOf(message);
  const how = signal ? `signal ${signal}` : `exit code ${exitCode}`;
  const step = STEPS[name];
  return step
    ? `${step}: ${told ?? how}`
    : `It ended with ${how}${told ? `: ${told}` : ''}`;
}

/** Programs of the platform end with a line of JSON that says why. */
function lastLineOf(message: string | undefined): string | undefined {
  const line = message?.trim().split('\n').at(-1);
  if (!line) return undefined;
  try {
    const fields: unknown = JSON.parse(line);
    return String(Object(fields).message ?? line);
  } catch {
    return line;
  }
}

function conditionOf(pod: V1Pod, type: string): V1PodCondition | undefined {
  return pod.status?.conditions?.find(condition => condition.type === type);
}

/** Those that run as long as the pod does. */
function servingContainersOf(spec: V1Pod['spec']): V1Container[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  return [
    ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...containers,
  ];
}

/** What it needs of a node, in words. */
function asked(spec: V1Pod['spec']): string {
  const needs = servingContainersOf(spec).flatMap(({ name, resources }) => {
    const amounts = Object.entries(resources?.requests ?? {}).map(
      ([kind, amount]) => `${amount} ${kind}`,
    );
    return amounts.length > 0 ? [{ name, amounts: amounts.join(', ') }] : [];
  });
  if (needs.length === 0) return '';
  const words =
    needs.length === 1
      ? needs[0].amounts
      : needs
          .map(({ name, amounts }) => `${amounts} for ${name}`)
          .join(', and ');
  return ` (it asks for ${words})`;
}
