import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { mockCredentials, TestBackend } from '@backstage/backend-test-utils';
import { Router } from 'express';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { pack } from 'tar-stream';

/** The template as it is shipped. */
export const templateFile = path.resolve(
  __dirname,
  '../../../../templates/new-ml-model/template.yaml',
);

/** What somebody writes into the form. */
export const values = {
  name: 'wine-cellar',
  description:
    'Names a cultivar: "barolo", or\nanother – ${{ not a placeholder }}',
  owner: 'group:default/botany-ml',
  system: 'system:default/plant-catalogue',
  purpose: "Help the cellar's staff: # no comment",
  audience: '{{ staff }} & visitors \\ others',
  theme: 'species-recognition',
  risk: 'high',
  riskReason: '- a reason: with colons',
};

/** The package of a command line. */
export async function cliTgz(manifest: object): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'package/bin/model-platform.js' }, '#!/usr/bin/env node\n');
  tar.entry({ name: 'package/package.json' }, JSON.stringify(manifest));
  tar.finalize();
  return gzipSync(await buffer(tar));
}

export const manifest = {
  name: '@model-platform/cli',
  version: '0.1.7',
  bin: { 'model-platform': 'bin/model-platform.js' },
};

/** The part of the platform that serves the command line, with no models yet. */
export function platformWithCli(tgz: () => Buffer) {
  return createBackendPlugin({
    pluginId: 'model-platform',
    register(env) {
      env.registerInit({
        deps: { http: coreServices.httpRouter },
        async init({ http }) {
          http.addAuthPolicy({ path: '/cli.tgz', allow: 'unauthenticated' });
          http.use(
            Router()
              .get('/cli.tgz', (_req, res) => void res.send(tgz()))
              .get('/v1/:list', (_req, res) => void res.json({ items: [] })),
          );
        },
      });
    },
  });
}

/** What a task that has ended leaves. */
export interface TemplateRun {
  id: string;
  status: string;
  output?: {
    links?: Array<{ title: string; url?: string }>;
    text?: Array<{ content: string }>;
  };
  log: string;
}

/** Runs the template as somebody who fills in the form. */
export async function runTemplate(
  { server }: TestBackend,
  more: Partial<typeof values> = {},
): Promise<TemplateRun> {
  const header = { authorization: mockCredentials.user.header() };
  const created = await request(server)
    .post('/api/scaffolder/v2/tasks')
    .set(header)
    .send({
      templateRef: 'template:default/new-ml-model',
      values: { ...values, ...more },
    });
  expect(created.status).toBe(201);
  const { id } = created.body;
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { body } = await request(server)
      .get(`/api/scaffolder/v2/tasks/${id}`)
      .set(header);
    if (body.status === 'completed' || body.status === 'failed') {
      const { body: log } = await request(server)
        .get(`/api/scaffolder/v2/tasks/${id}/events`)
        .set(header);
      const done = (
        log as Array<{ type: string; body: Pick<TemplateRun, 'output'> }>
      ).find(({ type }) => type === 'completion');
      return {
        id,
        status: body.status,
        output: done?.body.output,
        log: JSON.stringify(log),
      };
    }
    if (Date.now() > deadline)
      throw new Error(`The task is still ${body.status}`);
    await new Promise(resolve => {
      setTimeout(resolve, 50);
    });
  }
}
