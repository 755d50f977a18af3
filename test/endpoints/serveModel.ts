import { expect } from '@playwright/test';
import { eventually } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

/** An endpoint, as an application is told of it. */
export interface ServedModel {
  name: string;
  url: string;
  token: string;
}

/** Publishes a folder by the command line, deploys it under its name, and makes a token. */
export async function serveModel(
  name: string,
  folder: string,
  spec: object = {},
): Promise<ServedModel> {
  const platform = sharedPlatform();
  const published = await platform.cli(['publish', folder, '--json']);
  expect(published.code, `${published.stdout}${published.stderr}`).toBe(0);
  const deployed = await platform.api(`v1/deployments/${name}`, {
    method: 'PUT',
    body: JSON.stringify({
      spec: {
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        environment: 'local',
        model: name,
        strategy: { type: 'single' },
        ...spec,
      },
    }),
  });
  expect(deployed.status, await deployed.text()).toBeLessThan(300);
  const made = await platform.api(`v1/endpoints/${name}/tokens`, {
    method: 'POST',
    token: await platform.signIn('mira'),
    body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
  });
  const { token } = await made.json();
  const url = `${platform.quickstart.gatewayUrl}/${name}`;
  await eventually('the endpoint answers', async () => {
    const { ok } = await fetch(`${url}/v2/health/ready`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ok;
  });
  return { name, url, token };
}
