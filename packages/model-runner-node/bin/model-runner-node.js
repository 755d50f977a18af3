#!/usr/bin/env node
'use strict';
// onnxruntime would tell its makers of each start and session, and write files
// about it; it reads this when it is loaded.
process.env.ORT_DISABLE_TELEMETRY = '1';
require('../dist/main.cjs');
