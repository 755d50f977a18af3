import {
  endpointDocsPage,
  endpointOpenApi,
} from '@model-platform/plugin-model-platform-common';
import { DesiredVariant } from '../DeploymentDriver';
import { toRunnerManifest } from './toRunnerManifest';

/** What stands beside a version's files in the folder of a runner, by names of files. @public */
export function runnerDocuments(
  endpoint: string,
  { model, version }: DesiredVariant,
): Record<'model.json' | 'openapi.json' | 'docs.html', string> {
  return {
    'model.json': JSON.stringify(
      toRunnerManifest(model, version),
      undefined,
      2,
    ),
    'openapi.json': JSON.stringify(
      endpointOpenApi({
        endpoint,
        model,
        version: version.number,
        signature: version.signature,
        example: version.example,
        flavor: version.flavor,
      }),
      undefined,
      2,
    ),
    'docs.html': endpointDocsPage({ endpoint }),
  };
}
