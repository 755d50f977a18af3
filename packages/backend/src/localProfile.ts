import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { WinstonLogger } from '@backstage/backend-defaults/rootLogger';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { loopbackOnly } from '@model-platform/plugin-auth-backend-module-sample-people';
import { transports } from 'winston';

/** The secrets that `npm start` hands over; kept out of the log. */
const SECRET_VARIABLES = [
  'MODEL_PLATFORM_PUBLISHER_TOKEN',
  'MODEL_PLATFORM_SETUP_TOKEN',
  'MODEL_PLATFORM_SESSION_SECRET',
  'MODEL_PLATFORM_SIGN_IN_KEY',
];

/**
 * Backstage's own logger compiles the configuration schema of every package
 * to find the secrets to redact, which costs a second at each start. Locally
 * we know them.
 */
const localRootLogger = createServiceFactory({
  service: coreServices.rootLogger,
  deps: {},
  async factory() {
    const logger = WinstonLogger.create({
      meta: { service: 'portal' },
      level: process.env.LOG_LEVEL ?? 'info',
      format: WinstonLogger.colorFormat(),
      transports: [new transports.Console()],
    });
    logger.addRedactions(
      SECRET_VARIABLES.flatMap(name => process.env[name] ?? []),
    );
    // Every call that the plugins make to each other would be a line, some of them several a second.
    logger.setLevelOverrides([
      { matchers: { service: 'rootHttpRouter' }, level: 'warn' },
      { matchers: { message: '/^Task worker/' }, level: 'warn' },
    ]);
    return logger;
  },
});

const localRootHttpRouter = rootHttpRouterServiceFactory({
  configure({ app, applyDefaults }) {
    app.use(loopbackOnly());
    applyDefaults();
  },
});

/** What replaces the defaults when the platform runs for one machine. */
export const localProfile = [localRootLogger, localRootHttpRouter];
