import { eventually } from '../platform/Platform';
import { RunningPlatform } from '../platform/RunningPlatform';
import { Load } from './Load';

/** Constant load on an endpoint, by a token of its own that is good when the first call is made. */
export async function loadOf(
  platform: RunningPlatform,
  name: string,
  perSecond: number,
): Promise<Load> {
  const token = await platform.signIn?.('pat');
  const known = await platform.api(`v1/endpoints/${name}`, { token });
  const { example } = await known.json();
  const made = await platform.api(`v1/endpoints/${name}/tokens`, {
    method: 'POST',
    token,
    body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
  });
  const endpoint = {
    name,
    url: `${platform.gatewayUrl}/${name}`,
    token: (await made.json()).token,
  };
  await eventually('the token is good', async () => {
    const { status } = await fetch(`${endpoint.url}/openapi.json`, {
      headers: { authorization: `Bearer ${endpoint.token}` },
    });
    return status === 200;
  });
  return Load.on(endpoint, perSecond, { inputs: example });
}
