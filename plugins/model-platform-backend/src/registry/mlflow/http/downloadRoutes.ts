import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { artifactPathOf } from '../artifacts/artifactPathOf';
import { MlflowCall } from '../MlflowCall';
import { invalidParameter } from '../MlflowError';
import { ModelVersions } from '../models/ModelVersions';
import { loggedModelRoot, LoggedModels } from '../tracking/LoggedModels';
import { runRoot, Runs } from '../tracking/Runs';
import { versionNumber } from '../validation';
import { sendArtifact } from './artifactRoutes';
import { CallOf } from './callOf';
import { missingValue } from './readParameters';

/** Files as MLflow's pages fetch them: by run, version or logged model. */
export function downloadRoutes(options: {
  artifacts: MlflowArtifacts;
  runs: Runs;
  versions: ModelVersions;
  loggedModels: LoggedModels;
  callOf: CallOf;
}): Router {
  const { artifacts, runs, versions, loggedModels, callOf } = options;
  const router = PromiseRouter();

  const serve = (
    paths: string[],
    pathParameter: string,
    rootOf: (call: MlflowCall, req: Request) => Promise<string>,
  ) => {
    router.get(paths, async (req, res) => {
      const call = await callOf(req);
      const path = artifactPathOf(queryOf(req, pathParameter));
      const root = await rootOf(call, req);
      const file = await artifacts.find(call, `${root}/${path}`);
      await sendArtifact(req, res, artifacts, file);
    });
  };

  serve(
    ['/get-artifact', '/ajax-api/2.0/mlflow/get-artifact'],
    'path',
    async (call, req) => {
      const id = req.query.run_id ? 'run_id' : 'run_uuid';
      return runRoot((await runs.get(call, queryOf(req, id))).run);
    },
  );
  serve(
    [
      '/model-versions/get-artifact',
      '/ajax-api/2.0/mlflow/model-versions/get-artifact',
    ],
    'path',
    async (call, req) => {
      const uri = await versions.downloadUri(
        call,
        queryOf(req, 'name'),
        versionNumber(queryOf(req, 'version')),
      );
      const root = /^mlflow-artifacts:\/*(.*)$/.exec(uri)?.[1];
      if (root === undefined) {
        throw invalidParameter(
          `The files of this version are not kept here, but at ${uri}`,
        );
      }
      return root;
    },
  );
  serve(
    [
      '/ajax-api/2.0/mlflow/logged-models/:id/artifacts/files',
      '/api/2.0/mlflow/logged-models/:id/artifacts/files',
    ],
    'artifact_file_path',
    async (call, req) =>
      loggedModelRoot((await loggedModels.get(call, req.params.id)).model),
  );

  return router;
}

function queryOf(req: Request, name: string): string {
  const value = req.query[name];
  if (typeof value !== 'string' || value === '') throw missingValue(name);
  return value;
}
