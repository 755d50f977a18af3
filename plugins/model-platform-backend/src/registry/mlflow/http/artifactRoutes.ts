import { Request, Response, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { bodyOf } from '../../../http/bodyOf';
import { sendFile } from '../../../http/sendFile';
import { ArtifactFile } from '../artifacts/ArtifactIndex';
import { ArtifactUploads } from '../artifacts/ArtifactUploads';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { Answering } from './answering';
import { CallOf } from './callOf';
import { toFilesJson } from './folderListing';
import { mimeTypeOf } from './mimeTypeOf';
import { integerOf, invalidValue } from './readParameters';

/** Files as MLflow's clients send and fetch them through the platform: each in one request, or in parts. */
export function artifactRoutes(options: {
  artifacts: MlflowArtifacts;
  uploads: ArtifactUploads;
  callOf: CallOf;
  on: Answering;
  /** Address of MLflow's API as clients reach it. */
  url: string;
}): Router {
  const { artifacts, uploads, callOf, on } = options;
  const router = PromiseRouter();

  router.get(
    '/artifacts',
    on({ path: 'string' }, async (call, { path = '' }) =>
      toFilesJson(await artifacts.list(call, path)),
    ),
  );
  router.get('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    const { path } = req.params;
    await sendArtifact(req, res, artifacts, await artifacts.find(call, path));
  });
  router.put('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    await artifacts.write(call, req.params.path, bodyOf(req), lengthOf(req));
    res.json({});
  });
  router.delete('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    await artifacts.remove(call, req.params.path);
    res.json({});
  });

  const named = { path: 'string*' } as const;
  router.post(
    '/mpu/create/:folder(*)?',
    on({ ...named, num_parts: 'integer' }, async (call, given, req) => {
      const { num_parts: parts = 1 } = given;
      const id = await uploads.create(call, pathOf(req, given.path), parts);
      return {
        upload_id: id,
        credentials: Array.from({ length: parts }, (_, index) => ({
          url: `${options.url}/api/2.0/mlflow-artifacts/mpu/parts/${id}/${
            index + 1
          }`,
          part_number: index + 1,
          headers: {},
        })),
      };
    }),
  );
  // Without a token: who knows the upload's id was told it with this address.
  router.put('/mpu/parts/:id/:number', async (req, res) => {
    const { id, number } = req.params;
    const etag = await uploads.writePart(
      id,
      Number(number),
      bodyOf(req),
      lengthOf(req),
    );
    res.set('etag', `"${etag}"`).json({});
  });
  router.post(
    '/mpu/complete/:folder(*)?',
    on(
      { ...named, upload_id: 'string*', parts: 'objects*' },
      async (call, given, req) => {
        await uploads.complete(
          call,
          pathOf(req, given.path),
          given.upload_id,
          given.parts.map(({ part_number: number, etag }) => ({
            number: integerOf(number) ?? 0,
            etag: typeof etag === 'string' ? etag : '',
          })),
        );
      },
    ),
  );
  router.post(
    '/mpu/abort/:folder(*)?',
    on({ ...named, upload_id: 'string*' }, async (call, given, req) => {
      await uploads.abort(call, pathOf(req, given.path), given.upload_id);
    }),
  );

  return router;
}

export async function sendArtifact(
  req: Request,
  res: Response,
  artifacts: MlflowArtifacts,
  file: ArtifactFile,
): Promise<void> {
  await sendFile(req, res, {
    name: file.path,
    type: mimeTypeOf(file.path),
    etag: `"${file.digest}"`,
    sizeBytes: file.sizeBytes,
    open: range => artifacts.open(file, range),
  });
}

/** The client sends the path that the file has with it; its name is kept. */
function pathOf(req: Request, path: string): string {
  const name = path.split(/[\\/]/).pop();
  if (!name) throw invalidValue('path', path);
  return req.params.folder ? `${req.params.folder}/${name}` : name;
}

function lengthOf(req: Request): number | undefined {
  const length = req.get('content-length');
  return length === undefined ? undefined : Number(length);
}
