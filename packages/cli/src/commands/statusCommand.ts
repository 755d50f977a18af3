import {
  Deployment,
  describeShare,
  describeSize,
  Model,
  ModelPlatformClient,
  trafficOf,
  VariantSize,
} from '@model-platform/plugin-model-platform-common';
import { Command } from 'commander';
import { CliError } from '../errors/CliError';
import { unlessMissing } from '../errors/unlessMissing';
import { formatTable } from '../output/formatTable';
import { allPages } from '../platform/allPages';
import { describeCanary } from '../deploy/describeCanary';
import { describeRequest } from '../deploy/describeRequest';
import { CommandRunner } from './CommandRunner';

const overviewHead = [
  'DEPLOYMENT',
  'MODEL',
  'VERSION',
  'ENVIRONMENT',
  'PHASE',
  'URL',
];

export function statusCommand(run: CommandRunner): Command {
  return new Command('status')
    .description('How deployments are, or one deployment or model in detail.')
    .argument('[name]', 'name of a deployment or of a model')
    .option('--json', 'print the result as JSON')
    .action((name: string | undefined, options: { json?: boolean }) =>
      run(options, async ({ terminal, platform }) => {
        if (name === undefined) {
          const items = await allDeployments(platform());
          terminal.result(
            { items },
            items.length
              ? formatTable([overviewHead, ...items.map(overviewRow)])
              : 'There are no deployments.',
          );
          return;
        }
        const found = await findByName(name, platform());
        const deployments = await Promise.all(
          found.deployments.map(async deployment => ({
            ...deployment,
            sizes: await sizesOf(platform(), deployment),
          })),
        );
        terminal.result({ ...found, deployments }, [
          ...(found.model ? describeModel(found.model) : []),
          ...deployments.flatMap((deployment, index) => [
            ...(found.model || index ? [''] : []),
            ...describeDeployment(deployment),
            ...describeSizes(deployment.sizes),
          ]),
        ]);
      }),
    );
}

/** A name may be that of a model and of an endpoint at once; both are shown. */
async function findByName(
  name: string,
  platform: ModelPlatformClient,
): Promise<{ model?: Model; deployments: Deployment[] }> {
  const [model, deployment] = await Promise.all([
    unlessMissing(platform.getModel(name)),
    unlessMissing(platform.getDeployment(name)),
  ]);
  if (!model && !deployment) {
    throw new CliError(
      'Refused',
      `There is no model and no deployment named ${name} that you may see.`,
    );
  }
  const deployments = model
    ? await allDeployments(platform, { model: model.slug })
    : [];
  if (deployment && !deployments.some(one => one.name === deployment.name))
    deployments.unshift(deployment);
  return { model, deployments };
}

/** Nothing of a platform that proposes none: an older one. */
async function sizesOf(
  platform: ModelPlatformClient,
  { name }: Deployment,
): Promise<VariantSize[]> {
  return (await unlessMissing(platform.getSizes(name)))?.items ?? [];
}

function describeSizes(sizes: VariantSize[]): string[] {
  return sizes.flatMap(size => {
    const { asked, observed, proposed } = describeSize(size);
    return [
      `  size of ${size.variant}: asked for ${asked}`,
      `    takes ${observed}`,
      `    proposed: ${proposed}`,
    ];
  });
}

function allDeployments(
  platform: ModelPlatformClient,
  filter: { model?: string } = {},
): Promise<Deployment[]> {
  return allPages(cursor =>
    platform.listDeployments({ limit: 100, ...filter, ...cursor }),
  );
}

function overviewRow(deployment: Deployment): string[] {
  const versions = trafficOf(deployment)
    .map(({ version }) => version)
    .join(', ');
  return [
    deployment.name,
    deployment.model,
    versions || '-',
    deployment.environment,
    deployment.phase,
    deployment.url ?? '-',
  ];
}

function describeModel(model: Model): string[] {
  const aliases = Object.entries(model.aliases).map(
    ([alias, version]) => `${alias} → ${version}`,
  );
  return [
    `Model ${model.name}${model.archivedAt ? ' (archived)' : ''}`,
    `  ${model.description}`,
    `  type ${model.type}, ${model.lifecycle}, owner ${model.owner}, system ${model.system}`,
    `  newest version ${model.latest?.number ?? 'none yet'}${
      aliases.length ? `; ${aliases.join(', ')}` : ''
    }`,
  ];
}

function describeDeployment(deployment: Deployment): string[] {
  const lines = [
    `Deployment ${deployment.name}: ${deployment.phase}`,
    `  ${deployment.model} in ${deployment.environment}, revision ${
      deployment.revision?.number ?? '-'
    }, serving ${deployment.servingRevision ?? '-'}`,
  ];
  if (deployment.url) lines.push(`  ${deployment.url}`);
  // An older platform tells no drift.
  for (const sentence of deployment.drift ?? []) lines.push(`  ${sentence}`);
  if (deployment.canary) lines.push(...describeCanary(deployment.canary));
  for (const variant of trafficOf(deployment)) {
    lines.push(
      `  variant ${variant.name}: version ${variant.version}, ${describeShare(
        variant,
      )}`,
    );
  }
  lines.push(...describeRequest(deployment).map(line => `  ${line}`));
  for (const { type, status, reason, message } of deployment.conditions) {
    lines.push(
      `  ${type}=${status} (${reason})${message ? `: ${message}` : ''}`,
    );
  }
  for (const runner of deployment.runners) {
    lines.push(
      `  runner ${runner.id}: ${runner.phase}, ${runner.restarts} restarts${
        runner.message ? `, ${runner.message}` : ''
      }`,
    );
  }
  return lines;
}
