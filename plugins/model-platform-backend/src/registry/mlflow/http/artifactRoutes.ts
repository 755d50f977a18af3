import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { bodyOf } from '../../../http/bodyOf';
import { sendFile } from '../../../http/sendFile';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { MlflowError } from '../MlflowError';
import { CallOf } from './callOf';
import { toFilesJson } from './folderListing';
import { readParameters } from './readParameters';

/** Files as the newest client sends and fetches them: one request each, through the platform. */
export function artifactRoutes(options: {
  artifacts: MlflowArtifacts;
  callOf: CallOf;
}): Router {
  const { artifacts, callOf } = options;
  const router = PromiseRouter();

  router.get('/artifacts', async (req, res) => {
    const call = await callOf(req);
    const { path } = readParameters(req, { path: 'string*' });
    res.json(toFilesJson(await artifacts.list(call, path)));
  });

  router.get('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    const file = await artifacts.find(call, req.params.path);
    await sendFile(req, res, {
      name: file.path,
      etag: `"${file.digest}"`,
      sizeBytes: file.sizeBytes,
      open: range => artifacts.open(file, range),
    });
  });

  router.put('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    const length = req.get('content-length');
    await artifacts.write(
      call,
      req.params.path,
      bodyOf(req),
      length === undefined ? undefined : Number(length),
    );
    res.json({});
  });

  router.delete('/artifacts/:path(*)', async (req, res) => {
    const call = await callOf(req);
    await artifacts.remove(call, req.params.path);
    res.json({});
  });

  // Clients that are told to send parts all the same fall back to one request by this sentence.
  router.post('/mpu/*', async (req, _res) => {
    await callOf(req);
    throw new MlflowError(
      'NOT_IMPLEMENTED',
      'Multipart upload is not supported for the current artifact repository',
    );
  });

  return router;
}
