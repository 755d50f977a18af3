import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONDITION_REASONS } from './conditionReasons';

it('has each reason on the page that says what to do', () => {
  const page = readFileSync(
    join(__dirname, '../../../../../docs/conditions.md'),
    'utf8',
  );
  const rows = page.matchAll(
    /^\| `(\w+)` `(\w+)` \| `(\w+)` \| [^|]{3,} \| [^|]{3,} \|$/gm,
  );
  const told = [...rows].map(([, type, status, reason]) =>
    [type, status, reason].join(' '),
  );
  const possible = Object.entries(CONDITION_REASONS).flatMap(
    ([condition, reasons]) => reasons.map(reason => `${condition} ${reason}`),
  );
  expect(told.toSorted()).toEqual(possible.toSorted());
});
