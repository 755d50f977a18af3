import { AuthService, UserInfoService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { ConflictError } from '@backstage/errors';
import { EventsService } from '@backstage/plugin-events-node';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { GIT_EVENTS_TOPIC } from '@model-platform/plugin-model-platform-common';
import path from 'node:path';
import { LocalRepositories } from '../LocalRepositories';
import { requireOwnDeclarations } from '../requireOwnDeclarations';

/** Puts what a template made into a repository of the platform's own machine. @public */
export function createPublishToGitAction(options: {
  auth: AuthService;
  config: Config;
  events: EventsService;
  userInfo: UserInfoService;
}) {
  const { auth, config, events, userInfo } = options;
  return createTemplateAction({
    id: 'model-platform:git:publish',
    description:
      'Makes a new bare Git repository in the platform’s folder of repositories, with the workspace as its first commit. The catalog reads the repository from then on, so what it declares must be of a group of the person who asks.',
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
            description: 'Path of the bare repository, which git clone takes',
          }),
        cloneCommand: z =>
          z.string({ description: 'Command that makes a working copy' }),
        branch: z => z.string(),
        commitHash: z => z.string(),
      },
    },
    async handler(ctx) {
      const { name, commitMessage = 'Begin the project' } = ctx.input;
      const directory = config.getOptionalString('modelPlatform.git.directory');
      if (!directory) {
        throw new ConflictError(
          'This platform keeps no repositories: modelPlatform.git.directory is not configured. Use a template that publishes to your Git host',
        );
      }
      const initiator = await ctx.getInitiatorCredentials();
      await requireOwnDeclarations(
        ctx.workspacePath,
        auth.isPrincipal(initiator, 'user')
          ? (
              await userInfo.getUserInfo(initiator)
            ).ownershipEntityRefs
          : [],
      );
      const remoteUrl = path.resolve(directory, `${name}.git`);
      let made = { branch: 'main', commit: '' };
      if (!ctx.isDryRun) {
        made = await ctx.checkpoint({
          key: `model-platform.git.publish.${name}`,
          fn: async () => {
            const { branch, commit } = await new LocalRepositories(
              path.resolve(directory),
            ).create({
              name,
              content: ctx.workspacePath,
              message: commitMessage,
              author: toAuthor(ctx.user, config),
              taskId: ctx.task.id,
            });
            return { branch, commit };
          },
        });
        await events.publish({
          topic: GIT_EVENTS_TOPIC,
          eventPayload: {
            repository: name,
            branch: made.branch,
            commit: made.commit,
          },
        });
      }
      ctx.output('remoteUrl', remoteUrl);
      ctx.output('cloneCommand', `git clone ${quote(remoteUrl)}`);
      ctx.output('branch', made.branch);
      ctx.output('commitHash', made.commit);
      ctx.logger.info(`Repository ${remoteUrl} has branch ${made.branch}`);
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
