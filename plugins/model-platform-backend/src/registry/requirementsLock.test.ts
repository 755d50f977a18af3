import { lockProblems } from '@model-platform/plugin-model-platform-common';
import {
  draftRequest,
  fileOf,
  TestPlatform,
} from '../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const mira = 'user:default/mira';
const hash = `--hash=sha256:${'a1'.repeat(32)}`;

describe('the Python packages that a version pins', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
  });
  afterAll(() => platform?.stop());

  /** Publishes a version with this lock. */
  async function publish(name: string, lock: string) {
    const files = [
      fileOf('endpoint.py', 'def predict(m, i, c): return i'),
      fileOf('requirements.lock', lock),
    ];
    const request = draftRequest(name, { files });
    Object.assign(request.version, {
      flavor: 'python',
      runtime: 'python',
      endpoint: 'endpoint.py',
    });
    const versions = `v1/models/${name}/versions`;
    const opened = await platform.call('post', versions, mira).send(request);
    expect(opened.status).toBe(201);
    for (const { digest, content } of files)
      await platform
        .call('put', `${versions}/1/blobs/${digest}`, mira)
        .set('content-type', 'application/octet-stream')
        .send(Buffer.from(content));
    return await platform.call('post', `${versions}/1/complete`, mira);
  }

  it('are taken where each has a version and hashes', async () => {
    const lock = `# Of requirements.txt\nsix==1.17.0 \\\n    ${hash} \\\n    ${hash}\nnumpy==2.4.6 ; python_full_version < '3.12' ${hash}\n`;
    const { status, body } = await publish('pinned', lock);
    expect([status, body.status]).toEqual([200, 'ready']);
  });

  it('are refused with the line of each that has not', async () => {
    const { status, body } = await publish(
      'loose',
      `six==1.17.0 ${hash}\nnumpy>=2\n`,
    );
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(
      'requirements.lock, line 2: is not pinned (name==version)',
    );
    const unchanged = await platform.call(
      'get',
      'v1/models/loose/versions',
      mira,
    );
    expect(unchanged.body.items ?? []).not.toContainEqual(
      expect.objectContaining({ status: 'ready' }),
    );
    const large = await publish('large-lock', `# ${'x'.repeat(1024 * 1024)}\n`);
    expect(large.status).toBe(400);
  });

  it('are plain text: what ends a line for an installer ends it here', () => {
    for (const end of ['\r', '\v', '\f', '\u2028', '\0'])
      expect(
        lockProblems(
          `six==1.17.0 ${hash} # x${end}--index-url https://a.org\n`,
        ),
      ).toMatchObject([{ rule: expect.stringContaining('plain text') }]);
    expect(lockProblems(`# x\r\nsix==1.17.0 \\\r\n\t${hash}\r\n`)).toEqual([]);
  });

  it('are looked at in a time that grows with the file, whatever is in it', () => {
    const size = 500_000;
    for (const text of [
      `a==1;${' '.repeat(size)}x`,
      `a==1 ;${' --hash=x'.repeat(size / 9)}`,
      `${' #'.repeat(size)}\u2028`,
      `a${'.'.repeat(size)}@`,
    ])
      expect(lockProblems(text).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['six', 'is not pinned'],
    ['six==1.*', 'is not pinned'],
    ['six==1.17.0', 'needs the hashes'],
    ['six==1.17.0 --hash=md5:00', 'needs the hashes'],
    [`six @ https://example.org/six.whl ${hash}`, 'comes from an address'],
    ['-r other.txt', 'options are not allowed'],
    ['--extra-index-url https://example.org', 'options are not allowed'],
    [`-e . ${hash}`, 'options are not allowed'],
    ['./six.whl', 'is not pinned'],
  ])('has no other lines: %s', (line, rule) => {
    const [problem, ...more] = lockProblems(`# first\n${line}\n`);
    expect(problem.rule).toContain(`line 2: ${rule}`);
    expect(more).toEqual([]);
  });
});
