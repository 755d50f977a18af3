import { draftRequest, TestPlatform } from '../__testUtils__/TestPlatform';

jest.setTimeout(90_000);

const mira = 'user:default/mira';
const reference = `registry.example.org/crm/churn@sha256:${'a'.repeat(64)}`;

describe('versions that are images', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await TestPlatform.start();
  });
  afterAll(() => platform.stop());

  const problems = async (version: object) => {
    const { body } = await platform
      .call('post', 'v1/models/imaged/versions?dryRun=true', mira)
      .send(draftRequest('imaged', { version }));
    return body.problems.map(
      ({ field, rule }: { field: string; rule: string }) => `${field} ${rule}`,
    );
  };

  it('keeps the image with the version', async () => {
    const image = { reference, port: 9000, model: 'churn' };
    const { body } = await platform
      .call('post', 'v1/models/imaged/versions', mira)
      .send(draftRequest('imaged', { version: { flavor: 'image', image } }))
      .expect(201);
    expect(body.version.image).toEqual(image);
  });

  it('refuses what would not be the same tomorrow, or cannot be served', async () => {
    const image = { reference, port: 9000 };
    expect(await problems({ flavor: 'image', image })).toEqual([]);
    for (const other of [
      'registry.example.org/crm/churn:7',
      'registry.example.org/crm/churn',
      `churn@sha256:${'a'.repeat(64)}`,
      'registry.example.org/crm/churn@sha256:abc',
      `registry.example.org/crm/../botany/churn@sha256:${'a'.repeat(64)}`,
      `registry.example.org/crm//churn@sha256:${'a'.repeat(64)}`,
    ]) {
      expect(
        await problems({
          flavor: 'image',
          image: { ...image, reference: other },
        }),
      ).toEqual([
        expect.stringMatching(/^image\.reference must name .* digest/),
      ]);
    }
    expect(
      await problems({ flavor: 'image', image: { ...image, port: 8080 } }),
    ).toEqual([expect.stringMatching(/^image\.port must not be 8080/)]);
    expect(await problems({ flavor: 'image' })).toEqual([
      'image is required by the flavor image',
    ]);
    expect(await problems({ flavor: 'onnx', image })).toEqual([
      expect.stringMatching(/^flavor must be image/),
    ]);
    expect(
      await problems({ flavor: 'image', image, runtime: 'python' }),
    ).toEqual([expect.stringMatching(/^runtime must be node/)]);
  });
});
