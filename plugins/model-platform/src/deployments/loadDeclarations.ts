import { DeploymentDeclaration } from '@model-platform/plugin-model-platform-common';
import { ModelPlatformApi } from '@model-platform/plugin-model-platform-react';

/** All declarations that the reader may see. */
export async function loadDeclarations(
  api: ModelPlatformApi,
  signal: AbortSignal,
): Promise<DeploymentDeclaration[]> {
  const items: DeploymentDeclaration[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listDeploymentDeclarations(
      { limit: 100, cursor },
      { signal },
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}
