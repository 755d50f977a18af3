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
      res.statusCode = req.url?.endsWith('.yaml') ? 200 : 404;
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
