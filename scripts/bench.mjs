import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';
import { fail, say } from './lib/progress.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/** `npm run bench [-- name …]`: figures, each beside what it is compared to. */
const benches = {
  start: async () => (await import('../test/bench/startBench.mjs')).startBench,
  serve: async () => (await import('../test/bench/serveBench.mjs')).serveBench,
  search: async () =>
    (await import('../test/bench/searchBench.mjs')).searchBench,
  runners: async () =>
    (await import('../test/bench/runnersBench.mjs')).runnersBench,
  gateway: async () =>
    (await import('../test/bench/gatewayBench.mjs')).gatewayBench,
  deployment: async () =>
    (await import('../test/bench/reconcileBench.mjs')).reconcileBench,
  kubernetes: async () =>
    (await import('../test/bench/kubernetesBench.mjs')).kubernetesBench,
  files: async () => (await import('../test/bench/filesBench.mjs')).filesBench,
};

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
  const toolchain = await ensureToolchain();
  if (process.execPath !== toolchain.node) {
    // Clients of the benches need the Node that the platform runs on.
    const { status } = spawnSync(
      toolchain.node,
      [fileURLToPath(import.meta.url), ...chosen],
      { stdio: 'inherit', env: toolchain.env },
    );
    process.exit(status ?? 1);
  }
  await ensureInstalled(toolchain);
  const rows = [];
  for (const [name, load] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    say(`\n── ${name}`);
    const bench = await load();
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
