import { Text } from '@backstage/ui';
import { DeploymentPhase } from '@model-platform/plugin-model-platform-common';
import {
  RemixiconComponentType,
  RiAlertFill,
  RiCheckboxCircleFill,
  RiCloseCircleFill,
  RiLoader4Line,
  RiPauseCircleFill,
} from '@remixicon/react';

type Color = 'success' | 'warning' | 'negative' | 'info' | 'secondary';

const PHASES: Record<
  DeploymentPhase,
  {
    words: string;
    color: Color;
    Icon: RemixiconComponentType;
  }
> = {
  Ready: { words: 'Serving', color: 'success', Icon: RiCheckboxCircleFill },
  Degraded: { words: 'Serving, degraded', color: 'warning', Icon: RiAlertFill },
  Starting: { words: 'Starting', color: 'info', Icon: RiLoader4Line },
  Canary: { words: 'Serving, canary', color: 'info', Icon: RiLoader4Line },
  Pending: { words: 'Waiting to start', color: 'info', Icon: RiLoader4Line },
  Failed: { words: 'Failed', color: 'negative', Icon: RiCloseCircleFill },
  Off: { words: 'Switched off', color: 'secondary', Icon: RiPauseCircleFill },
};

/** Where a deployment stands: an icon and words, never colour alone. @public */
export function DeploymentPhaseText(props: { phase: DeploymentPhase }) {
  const { words, color, Icon } = PHASES[props.phase];
  return (
    <Text>
      <Icon
        size={16}
        aria-hidden
        // Not the icon but the words stand on the line of what is beside them.
        style={{
          color: `var(--bui-fg-${color})`,
          marginRight: 4,
          verticalAlign: 'text-bottom',
        }}
      />
      {words}
    </Text>
  );
}
