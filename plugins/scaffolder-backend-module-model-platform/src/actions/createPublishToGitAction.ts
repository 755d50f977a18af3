import { AuthService, UserInfoService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { ConflictError } from '@backstage/errors';
import { EventsService } from '@backstage/plugin-events-node';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { GIT_EVENTS_TOPIC } from '@model-platform/plugin-model-platform-common';
import { MadeRepository, Repositories } from '../repositories/Repositories';
import { requireOwnDeclarations } from '../requireOwnDeclarations';

/** Puts what a template made into a repository: on the configured Git host, else on the platform's own machine. @public */
export function createPublishToGitAction(options: {
  auth: AuthService;
  config: Config;
  events: EventsService;
  userInfo: UserInfoService;
  /** Undefined where the configuration names no place. */
  repositories: Repositories | undefined;
}) {
  const { auth, config, events, userInfo, repositories } = options;
  return createTemplateAction({
    id: 'model-platform:git:publish',
    description:
      'Makes a new Git repository with the workspace as its first commit, where modelPlatform.git says: on a Git host, or in the platform’s folder of bare repositories. The catalog reads the repository from then on, so what it declares must be of a group of the person who asks.',
    examples: [
      {
        description: 'A repository named as the model',
        example: [
          'steps:',
          '  - id: publish',
          '    action: model-platform:git:publish',
          '    input:',
          '      name: ${{ parameters.name }}',
        ].join('\n'),
      },
    ],
    supportsDryRun: true,
    schema: {
      input: {
        name: z =>
          z.string({
            description:
              'Name of the repository: lower-case letters, digits and dashes',
          }),
        commitMessage: z =>
          z.string({ description: 'Message of the first commit' }).optional(),
      },
      output: {
        remoteUrl: z =>
          z.string({
            description:
              'URL, or path of the bare repository, which git clone takes',
          }),
        cloneCommand: z =>
          z.string({ description: 'Command that makes a working copy' }),
        repositoryUrl: z =>
          z
            .string({
              description: 'Its page on the Git host; absent on this machine',
            })
            .optional(),
        branch: z => z.string(),
        commitHash: z => z.string(),
      },
    },
    async handler(ctx) {
      const { name, commitMessage = 'Begin the project' } = ctx.input;
      if (!repositories) {
        throw new ConflictError(
          'This platform keeps no repositories: neither modelPlatform.git.remote nor modelPlatform.git.directory is configured',
        );
      }
      const initiator = await ctx.getInitiatorCredentials();
      const declared = await requireOwnDeclarations(
        ctx.workspacePath,
        auth.isPrincipal(initiator, 'user')
          ? (
              await userInfo.getUserInfo(initiator)
            ).ownershipEntityRefs
          : [],
      );
      let made: MadeRepository = {
        ...repositories.addressOf(name),
        branch: 'main',
        commit: '',
      };
      if (!ctx.isDryRun) {
        made = await ctx.checkpoint({
          key: `model-platform.git.publish.${name}`,
          fn: async () => ({
            ...(await repositories.create(
              {
                name,
                content: ctx.workspacePath,
                message: commitMessage,
                author: toAuthor(ctx.user, config),
                taskId: ctx.task.id,
              },
              ctx,
            )),
          }),
        });
        await repositories.register(made, declared);
        await events.publish({
          topic: GIT_EVENTS_TOPIC,
          eventPayload: {
            repository: name,
            branch: made.branch,
            commit: made.commit,
          },
        });
      }
      ctx.output('remoteUrl', made.remoteUrl);
      ctx.output('cloneCommand', `git clone ${quote(made.remoteUrl)}`);
      ctx.output('repositoryUrl', made.webUrl);
      ctx.output('branch', made.branch);
      ctx.output('commitHash', made.commit);
      ctx.logger.info(`Repository ${made.remoteUrl} has branch ${made.branch}`);
    },
  });
}

/** The person who asked; what is not known of them is the configured author's. */
function toAuthor(
  user:
    | {
        ref?: string;
        entity?: {
          spec?: { profile?: { displayName?: string; email?: string } };
        };
      }
    | undefined,
  config: Config,
): { name: string; email: string } {
  const profile = user?.entity?.spec?.profile;
  return {
    name:
      profile?.displayName ??
      user?.ref ??
      config.getOptionalString('scaffolder.defaultAuthor.name') ??
      'Model Platform',
    email:
      profile?.email ??
      config.getOptionalString('scaffolder.defaultAuthor.email') ??
      'model-platform@localhost',
  };
}

/** For a shell: paths may hold blanks. */
function quote(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
