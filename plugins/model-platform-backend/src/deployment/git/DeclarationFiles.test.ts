import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { UrlReaders } from '@backstage/backend-defaults/urlReader';
import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { DeclarationFiles } from './DeclarationFiles';
import { DeploymentRecord } from '../store/DeploymentRecord';

const document = (name: string, comment: string) =>
  `# ${comment}
apiVersion: model-platform.io/v1alpha1
kind: ModelDeployment
metadata: { name: ${name} }   # of the endpoint
spec:
  model: ${name}
`;
const file = [
  document('iris', 'For the greenhouse'),
  '--- # the second one\n',
  document('wine', 'Of somebody else'),
  '---\n',
  'kind: Component\nmetadata: { name: churn }\n',
].join('');

const declaredIn = (source: string, name = 'iris') =>
  ({ name, source } as DeploymentRecord);

describe('DeclarationFiles', () => {
  let folder: string;
  let server: http.Server;
  let address: string;
  let files: DeclarationFiles;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'declarations-'));
    server = http.createServer((req, res) => {
      res.statusCode = req.url?.includes('.yaml') ? 200 : 404;
      res.end(file);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    address = `url:http://${host}`;
    files = new DeclarationFiles({
      urlReader: UrlReaders.default({
        logger: mockServices.logger.mock(),
        config: new ConfigReader({
          backend: { reading: { allow: [{ host }] } },
        }),
      }),
      directory: folder,
    });
  });

  afterAll(() => {
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('reads the one document of a file, with its comments and its place', async () => {
    const location = `${address}/acme/src/-/blob/main/models/all%20of.yaml`;
    expect(await files.read(declaredIn(location))).toEqual({
      location,
      path: 'models/all of.yaml',
      line: 1,
      text: document('iris', 'For the greenhouse'),
      next: '--- # the second one',
    });
    expect(await files.read(declaredIn(location, 'wine'))).toEqual({
      location,
      path: 'models/all of.yaml',
      line: 8,
      text: document('wine', 'Of somebody else'),
      next: '---',
    });
  });

  it.each([
    // GitHub
    ['acme/iris/blob/release/d.yaml', 'd.yaml'],
    ['acme/iris/tree/main/models/d.yaml', 'models/d.yaml'],
    [`acme/iris/blob/${'4b'.repeat(20)}/models/d.yaml`, 'models/d.yaml'],
    // of a branch `feature/x`, or in a folder `x` of a branch `feature`
    ['acme/iris/blob/feature/x/d.yaml', undefined],
    ['acme/iris/blob/feature%2Fx/models/d.yaml', undefined],
    // GitLab
    ['acme/all/src/iris/-/blob/develop/models/d.yaml', 'models/d.yaml'],
    ['acme/iris/-/blob/feature%2Fx/d.yaml', 'd.yaml'],
    ['acme/iris/-/raw/feature/x/d.yaml', undefined],
    // Gitea
    ['acme/iris/src/branch/develop/models/d.yaml', 'models/d.yaml'],
    ['acme/iris/raw/branch/main/d.yaml', undefined],
    // Bitbucket
    ['acme/iris/src/master/models/d.yaml', 'models/d.yaml'],
    ['projects/A/repos/raw/browse/models/d.yaml?at=feature/x', 'models/d.yaml'],
    ['users/mira/repos/iris/raw/main/d.yaml', 'main/d.yaml'],
    // Azure DevOps
    ['acme/ml/_git/iris?path=/models/d.yaml&version=GBx/y', 'models/d.yaml'],
    ['acme/_git/iris?path=%2Fall%20of.yaml', 'all of.yaml'],
    // none of them
    ['acme/iris/main/src/main/d.yaml', undefined],
    ['d.yaml', undefined],
    // nothing that names a file to git
    ['acme/iris/blob/main/100%/d.yaml', undefined],
    ['acme/iris/blob/main//d.yaml', undefined],
    ['acme/iris/blob/main/..%2Fd.yaml', undefined],
    ['acme/iris/blob/main/a%0Ab/d.yaml', undefined],
  ])(
    'knows the file of %s in its repository, or that it is not sure: %s',
    async (below, found) => {
      const location = `${address}/${below}`;
      const { path: named } = await files.read(declaredIn(location));
      expect(named).toBe(found);
    },
  );

  it('reads repositories of this machine at the head of their branch', async () => {
    const work = path.join(folder, 'work');
    const run = (...args: string[]) =>
      execFileSync('git', ['-C', work, ...args], { stdio: 'pipe' });
    fs.mkdirSync(work);
    run('init', '-q', '-b', 'main');
    const text = document('iris', 'In a project');
    fs.writeFileSync(path.join(work, 'model-deployment.yaml'), text);
    run('add', '.');
    run('-c', 'user.name=m', '-c', 'user.email=m@x', 'commit', '-qm', 'Begin');
    run('clone', '-q', '--bare', work, path.join(folder, 'iris.git'));
    const location = 'model-platform-git:iris@main/model-deployment.yaml';
    expect(await files.read(declaredIn(location))).toEqual({
      location,
      path: 'model-deployment.yaml',
      line: 1,
      text,
    });
  });

  it('says what declares nothing, and what cannot be read', async () => {
    for (const [deployment, name, message] of [
      [declaredIn('api'), 'NotFoundError', /No file declares .* iris/],
      [
        declaredIn(`${address}/acme/iris/blob/main/d.yaml`, 'churn'),
        'NotFoundError',
        /has no ModelDeployment churn any more/,
      ],
      [
        declaredIn(`${address}/acme/iris/gone`),
        'ServiceUnavailableError',
        /gone cannot be read: could not read .*404/,
      ],
      [
        declaredIn('url:https://elsewhere.test/d.yaml'),
        'ServiceUnavailableError',
        /elsewhere.test.* cannot be read/,
      ],
      [
        declaredIn('model-platform-git:none@main/d.yaml'),
        'ServiceUnavailableError',
        /none@main.* cannot be read/,
      ],
      [
        declaredIn('file:/etc/d.yaml'),
        'ServiceUnavailableError',
        /it is no address that the platform reads/,
      ],
    ] as const) {
      await expect(files.read(deployment)).rejects.toMatchObject({
        name,
        message: expect.stringMatching(message),
      });
    }
  });
});
