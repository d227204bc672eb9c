/** `gravl-k6 inspect`: what a script is configured to do, as JSON. */
import { ExitCode } from '../../contracts/errors.ts';
import { loadForInspection } from '../../execution/load-test.ts';
import { requirements } from '../../executors/index.ts';
import { parseSegment } from '../../executors/segment.ts';
import { layerToJson } from '../../options/consolidate.ts';
import { formatDuration } from '../../options/duration.ts';
import { layerFromJson } from '../../options/layers.ts';
import { loadFlags } from '../flag-sets.ts';
import { withLogger } from '../log/logger.ts';
import { print } from '../print.ts';
import { readScriptRequest } from '../test-request.ts';
import type { Command } from './types.ts';

const flags = () => [
  { name: 'execution-requirements', help: 'consolidate the options and add the VUs and the time the test needs' },
  { name: 'explain', help: 'tell how blocking calls will be run, and why' },
  ...loadFlags(),
];

export const inspect: Command = {
  summary: 'Inspect a script or archive',
  usage: 'inspect [flags] <script>',
  examples: ['gravl-k6 inspect script.js', 'gravl-k6 inspect --explain script.js'],
  flags,
  async run(context) {
    const { request, flags: given } = await readScriptRequest(context, flags());
    return withLogger(request.runtime, async (log) => {
      const test = await loadForInspection(request, log);
      try {
        const { options, factory } = test;
        const { maxVUs, duration } = requirements(
          options.scenarios,
          parseSegment(options.executionSegment, options.executionSegmentSequence),
        );
        const output = given['execution-requirements']
          ? { ...test.json, totalDuration: formatDuration(duration), maxVUs }
          : layerToJson(layerFromJson(factory.options).layer);
        const { mode, reasons } = factory.strategy;
        const strategy = { mode, reasons, modules: test.program.imports.map(({ specifier }) => specifier) };
        await print(context.stdout, JSON.stringify(given['explain'] ? { ...output, strategy } : output, undefined, 2));
        return ExitCode.ok;
      } finally {
        await test.factory.dispose();
      }
    });
  },
};
