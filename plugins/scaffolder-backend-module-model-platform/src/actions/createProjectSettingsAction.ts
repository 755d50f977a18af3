import { Config } from '@backstage/config';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { Repositories } from '../repositories/Repositories';

/** Says what the configuration settles for new projects, so that nobody need be asked. @public */
export function createProjectSettingsAction(options: {
  config: Config;
  /** Undefined where the configuration names no place. */
  repositories: Repositories | undefined;
}) {
  const { config, repositories } = options;
  return createTemplateAction({
    id: 'model-platform:project:settings',
    description:
      'Says what the configuration settles for new projects: where model-platform:git:publish puts them, and where their models are deployed.',
    examples: [
      {
        description:
          'Add the pipeline of the Git host that the project goes to',
        example: [
          'steps:',
          '  - id: settings',
          '    action: model-platform:project:settings',
          '  - action: fetch:template',
          '    input:',
          "      url: ./pipelines/${{ 'gitlab' if steps.settings.output.git == 'gitlab' else 'github' }}",
        ].join('\n'),
      },
    ],
    supportsDryRun: true,
    schema: {
      output: {
        git: z =>
          z.enum(['local', 'github', 'gitlab'], {
            description: 'What repositories are made on; local for a folder',
          }),
        environment: z =>
          z.string({
            description:
              'The first environment that is configured; local where none is',
          }),
      },
    },
    async handler(ctx) {
      const [environment] =
        config.getOptionalConfigArray('modelPlatform.environments') ?? [];
      ctx.output('git', repositories?.type ?? 'local');
      ctx.output('environment', environment?.getString('name') ?? 'local');
    },
  });
}
