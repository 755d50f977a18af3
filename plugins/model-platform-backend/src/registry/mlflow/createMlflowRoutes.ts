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
import { DatabaseArtifactIndex } from './artifacts/DatabaseArtifactIndex';
import { MlflowArtifacts } from './artifacts/MlflowArtifacts';
import { Completion } from './completion/Completion';
import { mlflowRoutes } from './http/mlflowRoutes';
import { MlflowPlaces } from './MlflowPlaces';
import { MlflowSettings } from './MlflowSettings';
import { DatabaseMlflowModelStore } from './models/DatabaseMlflowModelStore';
import { MlflowModels } from './models/MlflowModels';
import { DatabaseTrackingStore } from './tracking/DatabaseTrackingStore';
import { Tracking } from './tracking/Tracking';

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
  maxFileBytes: number;
  logger: LoggerService;
}): Router {
  const { knex, registry, authorizer, directory } = options;
  const places = new MlflowPlaces({ authorizer, directory });
  const tracking = new Tracking({
    store: DatabaseTrackingStore.create({ knex }),
    authorizer,
    places,
  });
  const artifacts = new MlflowArtifacts({
    tracking,
    registry,
    index: DatabaseArtifactIndex.create({ knex }),
    artifacts: options.artifacts,
    references: options.references,
    maxFileBytes: options.maxFileBytes,
  });
  const models = new MlflowModels({
    store: DatabaseMlflowModelStore.create({ knex }),
    registry,
    authorizer,
    places,
    settings: MlflowSettings.fromConfig(options.config),
    completion: new Completion({
      publishing: registry.publishing,
      schemas: options.schemas,
      artifacts,
      tracking,
    }),
    artifacts,
    tracking,
  });
  return mlflowRoutes({
    models,
    tracking,
    artifacts,
    callerResolver: options.callerResolver,
    logger: options.logger,
  });
}
