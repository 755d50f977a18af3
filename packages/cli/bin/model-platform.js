#!/usr/bin/env node
'use strict';

var parts = process.versions.node.split('.').map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 3)) {
  process.stderr.write(
    'model-platform needs Node 20.3 or newer; this is ' +
      process.versions.node +
      '.\n',
  );
  process.exit(2);
}
require('../dist/main.cjs');
