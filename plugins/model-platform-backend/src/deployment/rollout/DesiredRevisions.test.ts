import { TestModels } from '../__testUtils__/TestModels';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from '../revisions/RevisionStore';
import { DesiredRevisions } from './DesiredRevisions';
import { KnownRevisions } from '../revisions/KnownRevisions';

/** With room for those that are rolled out. */
const DEPLOYMENTS = 2_500;

const revision: RevisionRecord = {
  deploymentId: 'd',
  name: 'churn',
  number: 1,
  createdAt: '2026-03-02T09:00:00.000Z',
  actor: 'user:default/mira',
  reason: 'Applied',
  variants: [
    {
      name: 'main',
      modelId: 'id-of-churn',
      model: 'churn',
      version: 1,
      weight: 100,
    },
  ],
};

describe('what is known of revisions', () => {
  it('is read once of each of thousands of deployments, however often all are looked at', async () => {
    const models = new TestModels();
    models.add('churn');
    models.publish('churn', 1);
    const version = jest.spyOn(models, 'version');
    let reads = 0;
    const known = new KnownRevisions({
      async get(deploymentId, number) {
        reads += 1;
        return { ...revision, deploymentId, number };
      },
    });
    const desired = new DesiredRevisions(models);
    const look = async () => {
      const all = [];
      for (let index = 0; index < DEPLOYMENTS; index += 1) {
        const record = {
          id: `d${index}`,
          name: `churn-${index}`,
          environment: 'local',
        } as DeploymentRecord;
        const content = await known.get(record.id, 1);
        all.push(await desired.get(record, content!));
      }
      return all;
    };
    const first = await look();
    const second = await look();
    expect(second.every((one, index) => one === first[index])).toBe(true);
    expect(reads).toBe(DEPLOYMENTS);
    expect(version).toHaveBeenCalledTimes(DEPLOYMENTS);
  });
});
