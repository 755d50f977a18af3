import { Knex } from 'knex';
import { ModelScope } from '../../registry/ModelScope';
import { DeploymentRow } from './deploymentRows';
import { RevisionModelRow } from './revisionRows';

/** Those all of whose models are within the scope. */
export function deploymentsWithin(knex: Knex, scope: ModelScope) {
  const select = knex<DeploymentRow>('deployments').where({
    deleting: false,
  });
  scope(select, 'deployments.model_id');
  const readable = knex<RevisionModelRow>({
    readable: 'deployment_revision_models',
  }).select('readable.model_id');
  scope(readable, 'readable.model_id');
  return select.whereNotExists(
    knex({ hidden: 'deployment_revision_models' })
      .select(knex.raw('1'))
      .where('hidden.deployment_id', knex.ref('deployments.id'))
      .andWhere(part =>
        part
          .where('hidden.number', knex.ref('deployments.revision'))
          .orWhere('hidden.number', knex.ref('deployments.serving_revision')),
      )
      .whereNotIn('hidden.model_id', readable),
  );
}
