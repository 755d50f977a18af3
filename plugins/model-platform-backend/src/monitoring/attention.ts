import {
  KpiOverview,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { Counted } from './CallFigures';

const DAY_MS = 86_400_000;
const STALE_PUBLISH_DAYS = 180;
const STALE_CALLS_DAYS = 30;
const FAILING_RATIO = 0.05;
const FAILING_CALLS = 5;

/** What is known of a model that decides whether somebody should look at it. */
export interface AttentionFacts {
  model: Model;
  /** Of its last 24 hours. */
  lastDay: Counted | undefined;
  /** Whether it was called within 30 days, and ever. */
  calledLately: boolean;
  calledEver: boolean;
  deployments: Array<{
    name: string;
    phase: string;
    message?: string;
    createdAt: string;
  }>;
  /** Fields of its metadata that fall short of today's schema. */
  shortfalls: string[];
}

/** Models that somebody should look at, the failing ones first. */
export function attention(
  facts: AttentionFacts[],
  now: Date,
): KpiOverview['attention'] {
  const failing: KpiOverview['attention'] = [];
  const others: KpiOverview['attention'] = [];
  for (const {
    model,
    lastDay,
    calledLately,
    calledEver,
    deployments,
    shortfalls,
  } of facts) {
    const entry = { slug: model.slug, name: model.name };
    const broken = deployments.find(
      ({ phase }) => phase === 'Failed' || phase === 'Degraded',
    );
    if (broken) {
      failing.push({
        ...entry,
        kind: 'failing',
        message: `The deployment ${
          broken.name
        } is ${broken.phase.toLocaleLowerCase('en-US')}${
          broken.message ? `: ${broken.message}` : ''
        }`,
      });
    } else if (
      lastDay &&
      lastDay.calls >= FAILING_CALLS &&
      lastDay.errors / lastDay.calls > FAILING_RATIO
    ) {
      failing.push({
        ...entry,
        kind: 'failing',
        message: `${lastDay.errors} of its ${lastDay.calls} calls in the last 24 hours failed`,
      });
    }
    if (model.metadataComplete === false) {
      others.push({
        ...entry,
        kind: 'incomplete',
        message: `It falls short of today's rules${
          shortfalls.length > 0 ? `: ${shortfalls.join(', ')}` : ''
        }`,
      });
    }
    const published = model.latest?.readyAt;
    const age = published
      ? (now.getTime() - Date.parse(published)) / DAY_MS
      : 0;
    if (!calledEver) {
      others.push({
        ...entry,
        kind: 'never-called',
        message:
          deployments.length > 0
            ? 'It has never been called'
            : 'It is not deployed and has never been called',
      });
    } else if (!calledLately) {
      others.push({
        ...entry,
        kind: 'stale',
        message: `It has not been called for ${STALE_CALLS_DAYS} days`,
      });
    } else if (age > STALE_PUBLISH_DAYS) {
      others.push({
        ...entry,
        kind: 'stale',
        message: `No version has been published for ${Math.floor(age)} days`,
      });
    }
  }
  return [...failing, ...others];
}
