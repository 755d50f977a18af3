import { LoggerService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { ErrorRequestHandler, Router } from 'express';
import { CallerResolver } from '../../../access/CallerResolver';
import { jsonBodies } from '../../../http/jsonBodies';
import { refuseNul } from '../../../http/refuseNul';
import { ArtifactUploads } from '../artifacts/ArtifactUploads';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { MlflowError } from '../MlflowError';
import { ModelAliases } from '../models/ModelAliases';
import { ModelVersions } from '../models/ModelVersions';
import { RegisteredModels } from '../models/RegisteredModels';
import { Experiments } from '../tracking/Experiments';
import { LoggedModels } from '../tracking/LoggedModels';
import { Runs } from '../tracking/Runs';
import { answering } from './answering';
import { artifactRoutes } from './artifactRoutes';
import { callOf } from './callOf';
import { downloadRoutes } from './downloadRoutes';
import { experimentRoutes } from './experimentRoutes';
import { loggedModelRoutes } from './loggedModelRoutes';
import { mlflowErrors } from './mlflowErrors';
import { modelVersionRoutes } from './modelVersionRoutes';
import { registeredModelRoutes } from './registeredModelRoutes';
import { runRoutes } from './runRoutes';

/** The oldest protocol that all of this is of; clients ask for it. */
const VERSION = '3.17.2';

/** For MLflow a body that is no JSON is one that says nothing. */
const brokenBodies: ErrorRequestHandler = (error, req, _res, next) => {
  if (error instanceof InputError && Object.keys(req.body ?? {}).length === 0) {
    next();
  } else {
    next(error);
  }
};

/**
 * MLflow's REST API, so that `<plugin>/mlflow` is a tracking URI. SDKs speak
 * to `/api/2.0`, MLflow's pages to `/ajax-api/2.0`; both are the same here.
 */
export function mlflowRoutes(options: {
  models: RegisteredModels;
  versions: ModelVersions;
  aliases: ModelAliases;
  experiments: Experiments;
  runs: Runs;
  loggedModels: LoggedModels;
  artifacts: MlflowArtifacts;
  uploads: ArtifactUploads;
  /** Told when something may have changed. */
  onWritten: () => void;
  /** Address of MLflow's API as clients reach it. */
  url: string;
  callerResolver: CallerResolver;
  logger: LoggerService;
}): Router {
  const { callerResolver, logger, onWritten, ...domain } = options;
  const caller = callOf(callerResolver);
  const parts = { ...domain, callOf: caller, on: answering(caller) };
  const api = Router();
  api.use('/mlflow/registered-models', registeredModelRoutes(parts));
  api.use('/mlflow/model-versions', modelVersionRoutes(parts));
  api.use('/mlflow/experiments', experimentRoutes(parts));
  api.use('/mlflow/logged-models', loggedModelRoutes(parts));
  api.use('/mlflow', runRoutes(parts));
  api.use('/mlflow-artifacts', artifactRoutes(parts));

  const router = Router();
  router.get('/health', (_req, res) => {
    res.type('text/plain').send('OK');
  });
  router.get('/version', (_req, res) => {
    res.type('text/plain').send(VERSION);
  });
  router.use((req, res, next) => {
    if (req.method !== 'GET') res.once('finish', onWritten);
    next();
  });
  router.use(refuseNul, jsonBodies(), brokenBodies);
  for (const prefix of ['/api', '/ajax-api']) {
    router.get(`${prefix}/3.0/mlflow/server-info`, (_req, res) => {
      res.json({
        store_type: 'SqlStore',
        // A workspace is a system.
        workspaces_enabled: true,
        trace_archival_enabled: false,
        multipart_uploads_enabled: true,
        multipart_downloads_enabled: false,
      });
    });
    router.use(`${prefix}/2.0`, api);
  }
  router.use(downloadRoutes(parts));
  router.use((req, _res, next) => {
    next(
      new MlflowError(
        'ENDPOINT_NOT_FOUND',
        `${req.method} ${req.path} is no part of MLflow's API that this platform has`,
      ),
    );
  });
  router.use(mlflowErrors(logger));
  return Router().use('/mlflow', router);
}
