import { eventually, Platform } from '../platform/Platform';
import { Load } from './Load';

/** Constant load on an endpoint, by a token of its own that is good when the first call is made. */
export async function loadOf(
  platform: Platform,
  name: string,
  perSecond: number,
): Promise<Load> {
  const made = await platform.api(`v1/endpoints/${name}/tokens`, {
    method: 'POST',
    token: await platform.signIn('pat'),
    body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
  });
  const endpoint = {
    name,
    url: `${platform.quickstart.gatewayUrl}/${name}`,
    token: (await made.json()).token,
  };
  await eventually('the token is good', async () => {
    const { status } = await fetch(`${endpoint.url}/openapi.json`, {
      headers: { authorization: `Bearer ${endpoint.token}` },
    });
    return status === 200;
  });
  return Load.start(platform, endpoint, perSecond);
}
