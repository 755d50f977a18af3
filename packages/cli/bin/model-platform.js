#!/usr/bin/env node
'use strict';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  process.stderr.write(
    `model-platform needs Node 20.3 or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(2);
}
require('../dist/main.cjs');
