import { LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import { SignalsService } from '@backstage/plugin-signals-node';
import {
  MODEL_EVENTS_TOPIC,
  SIGNALS_CHANNEL,
} from '@model-platform/plugin-model-platform-common';
import { ModelListener } from './ModelListeners';

/** Tells other plugins and open pages; the pages without names, since all of them hear it. */
export function announceModels(options: {
  events: EventsService;
  signals: SignalsService;
  logger: LoggerService;
}): ModelListener {
  const { events, signals, logger } = options;
  return event => {
    events
      .publish({ topic: MODEL_EVENTS_TOPIC, eventPayload: event })
      .catch(error => logger.warn(`An event could not be published: ${error}`));
    signals
      .publish({
        channel: SIGNALS_CHANNEL,
        recipients: { type: 'broadcast' },
        message: { changed: 'models' },
      })
      .catch(error => logger.warn(`Pages could not be told: ${error}`));
  };
}
