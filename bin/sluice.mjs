#!/usr/bin/env node
// The command: sets a fresh clone up, then hands over to the built program in this same process.
import { setUp } from './setup.mjs';

setUp();
await import('../dist/src/main.js');
