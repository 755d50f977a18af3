import { LoggerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { ArtifactStore } from '@model-platform/plugin-model-platform-node';
import { Router } from 'express';
import { Knex } from 'knex';
import { Authorizer } from '../../access/Authorizer';
import { CallerResolver } from '../../access/CallerResolver';
import { BlobReferences } from '../artifacts/BlobReferences';
import { EntityDirectory } from '../EntityDirectory';
import { MetadataSchemas } from '../metadata/MetadataSchemas';
import { Registry } from '../Registry';
import { SystemQuotas } from '../SystemQuotas';
import { ArtifactFolders } from './artifacts/ArtifactFolders';
import { ArtifactUploads } from './artifacts/ArtifactUploads';
import { ArtifactWriter } from './artifacts/ArtifactWriter';
import { DatabaseArtifactIndex } from './artifacts/DatabaseArtifactIndex';
import { DatabaseUploadStore } from './artifacts/DatabaseUploadStore';
import { MlflowArtifacts } from './artifacts/MlflowArtifacts';
import { VersionReadings } from '../reading/VersionReadings';
import { Completion } from './completion/Completion';
import { mlflowRoutes } from './http/mlflowRoutes';
import { MlflowPlaces } from './MlflowPlaces';
import { MlflowSettings } from './MlflowSettings';
import { DatabaseLabelStore } from './models/DatabaseLabelStore';
import { DatabaseModelVersionStore } from './models/DatabaseModelVersionStore';
import { DatabaseRegisteredModelStore } from './models/DatabaseRegisteredModelStore';
import { MlflowModelAccess } from './models/MlflowModelAccess';
import { ModelAliases } from './models/ModelAliases';
import { ModelVersions } from './models/ModelVersions';
import { RegisteredModels } from './models/RegisteredModels';
import { SourceResolver } from './models/SourceResolver';
import { VersionRegistration } from './models/VersionRegistration';
import { DatabaseTrackingStore } from './tracking/DatabaseTrackingStore';
import { ExperimentAccess } from './tracking/ExperimentAccess';
import { Experiments } from './tracking/Experiments';
import { LoggedModels } from './tracking/LoggedModels';
import { Runs } from './tracking/Runs';

/** MLflow's door to the registry. */
export function createMlflowRoutes(options: {
  knex: Knex;
  config: Config;
  registry: Registry;
  artifacts: ArtifactStore;
  references: BlobReferences;
  authorizer: Authorizer;
  callerResolver: CallerResolver;
  directory: EntityDirectory;
  schemas: MetadataSchemas;
  readings: VersionReadings;
  quotas: SystemQuotas;
  maxFileBytes: number;
  /** Told when something may have changed. */
  onWritten: () => void;
  /** Address of these routes as clients reach it. */
  url: string;
  logger: LoggerService;
}): Router {
  const { knex, registry, authorizer, directory } = options;
  const places = new MlflowPlaces({ authorizer, directory });
  const trackingStore = DatabaseTrackingStore.create({ knex });
  const experimentAccess = new ExperimentAccess({
    store: trackingStore,
    authorizer,
  });
  const tracking = {
    store: trackingStore,
    authorizer,
    places,
    access: experimentAccess,
  };
  const experiments = new Experiments(tracking);
  const loggedModels = new LoggedModels({ ...tracking, experiments });
  const runs = new Runs({ ...tracking, experiments, loggedModels });
  const index = DatabaseArtifactIndex.create({ knex });
  const files = {
    index,
    artifacts: options.artifacts,
    references: options.references,
    folders: new ArtifactFolders({ experiments, places }),
    writer: new ArtifactWriter({
      index,
      artifacts: options.artifacts,
      references: options.references,
      quotas: options.quotas,
      maxFileBytes: options.maxFileBytes,
    }),
  };
  const artifacts = new MlflowArtifacts({ ...files, registry });
  const stores = {
    modelStore: DatabaseRegisteredModelStore.create({ knex }),
    versionStore: DatabaseModelVersionStore.create({ knex }),
    labelStore: DatabaseLabelStore.create({ knex }),
  };
  const completion = new Completion({
    publishing: registry.publishing,
    schemas: options.schemas,
    artifacts,
    runs,
    readings: options.readings,
  });
  const access = new MlflowModelAccess({ ...stores, authorizer });
  const parts = {
    ...stores,
    registry,
    authorizer,
    places,
    settings: MlflowSettings.fromConfig(options.config),
    completion,
    access,
    registration: new VersionRegistration({
      ...stores,
      authorizer,
      completion,
      access,
    }),
  };
  const aliases = new ModelAliases(parts);
  const versions = new ModelVersions({
    ...parts,
    sources: new SourceResolver({
      runs,
      loggedModels,
      findVersion: async (call, name, ref) => {
        const model = await access.readable(call, name);
        const found = /^\d{1,9}$/.test(ref)
          ? await access.versionOf(call, model, Number(ref))
          : await aliases.find(call, name, ref);
        return found.version;
      },
    }),
  });
  return mlflowRoutes({
    models: new RegisteredModels(parts),
    versions,
    aliases,
    experiments,
    runs,
    loggedModels,
    artifacts,
    uploads: new ArtifactUploads({
      ...files,
      uploads: DatabaseUploadStore.create({ knex }),
    }),
    url: options.url,
    onWritten: options.onWritten,
    callerResolver: options.callerResolver,
    logger: options.logger,
  });
}
