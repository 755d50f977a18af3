import { DiscoveryService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { readCliPackage } from '../readCliPackage';

/**
 * Says which command line this platform serves, so that a project can be bound
 * to exactly these bytes. @public
 */
export function createPinCliAction(options: {
  discovery: DiscoveryService;
  config: Config;
}) {
  const { discovery, config } = options;
  return createTemplateAction({
    id: 'model-platform:cli:pin',
    description:
      'Reads version and integrity of the command line that this platform serves, for the lockfile of a new project.',
    examples: [
      {
        description:
          'Write them into package.json and package-lock.json of the content',
        example: [
          'steps:',
          '  - id: cli',
          '    action: model-platform:cli:pin',
          '  - action: fetch:template',
          '    input:',
          '      url: ./content',
          '      values: { cli: ${{ steps.cli.output }} }',
        ].join('\n'),
      },
    ],
    supportsDryRun: true,
    schema: {
      output: {
        portalUrl: z =>
          z.string({
            description: 'Address of the portal, for MODEL_PLATFORM_URL',
          }),
        url: z => z.string({ description: 'Where npm gets the command line' }),
        name: z => z.string({ description: 'Name of its package' }),
        version: z => z.string({ description: 'Its version' }),
        integrity: z =>
          z.string({ description: 'Its sha512, as lockfiles have it' }),
      },
    },
    async handler(ctx) {
      const inside = `${await discovery.getBaseUrl('model-platform')}/cli.tgz`;
      const { name, version, integrity } = await readCliPackage(inside);
      const url = `${await discovery.getExternalBaseUrl(
        'model-platform',
      )}/cli.tgz`;
      ctx.output(
        'portalUrl',
        config.getString('app.baseUrl').replace(/\/+$/, ''),
      );
      ctx.output('url', url);
      ctx.output('name', name);
      ctx.output('version', version);
      ctx.output('integrity', integrity);
      ctx.logger.info(`Projects made now use ${name} ${version} from ${url}`);
    },
  });
}
