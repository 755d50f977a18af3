import { startBench } from '../test/bench/startBench.mjs';
import { searchBench } from '../test/bench/searchBench.mjs';
import { serveBench } from '../test/bench/serveBench.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { fail, say } from './lib/progress.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/** `npm run bench [-- name …]`: figures, each beside what it is compared to. */
const benches = { start: startBench, serve: serveBench, search: searchBench };

try {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter(name => !(name in benches));
  if (unknown.length > 0) {
    say(
      `No bench named ${unknown.join(', ')}. There are: ${Object.keys(
        benches,
      ).join(', ')}.`,
    );
    process.exit(2);
  }
  await ensureInstalled(await ensureToolchain());
  const rows = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    say(`\n── ${name}`);
    rows.push(...(await bench()));
  }
  say('');
  print(rows);
} catch (error) {
  fail(error);
}

function print(rows) {
  const columns = ['what', 'measured', 'reach', 'compared to', 'reached'];
  const cells = [
    columns,
    ...rows.map(row => columns.map(column => row[column] ?? '')),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map(row => String(row[index]).length)),
  );
  for (const row of cells)
    say(
      `| ${row
        .map((cell, index) => String(cell).padEnd(widths[index]))
        .join(' | ')} |`,
    );
}
