import { stateBinding } from './stateBinding';

it('is of one version alone, whatever name and number come again', () => {
  const model = {
    id: '6f',
    name: 'Loan A',
    slug: 'loan-a',
    system: 'plants',
    type: 'process',
    description: '',
  };
  const version = { model, version: 1, digest: 'sha256:1' };
  const all = [
    version,
    { ...version, version: 2 },
    { ...version, digest: 'sha256:2' },
    { ...version, model: { ...model, id: '70' } },
    { ...version, model: { ...model, id: undefined } },
    { ...version, model: { ...model, id: undefined, slug: 'loan-b' } },
  ];
  expect(new Set(all.map(stateBinding)).size).toBe(all.length);
  expect(
    stateBinding({
      ...version,
      model: { ...model, name: 'Loan', slug: 'loan', description: 'new' },
    }),
  ).toBe(stateBinding(version));
});
