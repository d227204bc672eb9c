#!/usr/bin/env node
import '../dist/gravl-load.js';
