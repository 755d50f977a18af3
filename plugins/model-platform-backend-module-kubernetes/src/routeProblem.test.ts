import { HttpRoute } from './manifests/endpointRoute';
import { routeProblem } from './routeProblem';

const writtenAt = new Date('2026-03-02T10:00:00.000Z');
const one = { name: 'public', namespace: 'gateways' };
const other = { name: 'private', namespace: 'gateways' };

const routeWith = (
  status: HttpRoute['status'],
  parentRefs = [one],
): HttpRoute => ({
  metadata: {
    generation: 2,
    managedFields: [
      { manager: 'model-platform', operation: 'Apply', time: writtenAt },
    ],
  },
  spec: { parentRefs, rules: [] },
  status,
});

const said = (type: string, is: string, reason: string) => ({
  type,
  status: is,
  reason,
  message: '',
  lastTransitionTime: writtenAt,
  observedGeneration: 2,
});

describe('why no Gateway leads callers to an endpoint', () => {
  it('is that none has looked at its route, once one would have', () => {
    const at = writtenAt.getTime();
    for (const status of [undefined, { parents: [] }]) {
      const route = routeWith(status);
      expect(routeProblem(route, at + 30_000)).toBeUndefined();
      expect(routeProblem(route, at + 90_000)).toMatch(
        /^No Gateway gateways\/public has taken the route/,
      );
    }
  });

  it('is what a controller says of one, unless another one takes it', () => {
    const refused = {
      parentRef: one,
      conditions: [
        said('Accepted', 'True', 'Accepted'),
        said('ResolvedRefs', 'False', 'BackendNotFound'),
      ],
    };
    expect(routeProblem(routeWith({ parents: [refused] }))).toBe(
      'The Gateway gateways/public does not lead callers to the endpoint (BackendNotFound)',
    );
    const taken = {
      parentRef: other,
      conditions: [said('Accepted', 'True', 'Accepted')],
    };
    const both = routeWith({ parents: [refused, taken] }, [one, other]);
    expect(routeProblem(both)).toBeUndefined();
  });
});
