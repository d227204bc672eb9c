#!/usr/bin/env node
import '../dist/gravl-k6.js';
