import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { FileWriter } from '../file-writer.ts';
import type { Output, OutputContext } from '../types.ts';
import type { RecordLine } from './format.ts';
import { RECORDED_METRICS, RECORDED_TAGS, Recorder } from './recorder.ts';

const WRITE_INTERVAL_MS = 1000;

/** `--out record=FILE`: what the suite's run record is made of; see docs/record-output.md. */
export function createRecordOutput(context: OutputContext): Output {
  const { argument, log, now } = context;
  if (argument === undefined || argument === '') {
    throw new EngineError('the record output needs a file: --out record=FILE', ExitCode.invalidConfig);
  }
  const writer = new FileWriter(argument, log);
  const recorder = new Recorder(context.version, context.systemTags);
  let timer: NodeJS.Timeout | undefined;
  const write = (lines: readonly RecordLine[]): void => {
    writer.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };
  return {
    description: `record (${argument})`,
    metrics: RECORDED_METRICS,
    tags: RECORDED_TAGS,
    wantsFailures: true,
    async start() {
      await writer.open();
      timer = setInterval(() => write(recorder.lines(now())), WRITE_INTERVAL_MS);
    },
    loadBegins: (time) => recorder.begin(time),
    addSamples: (batch) => recorder.add(batch),
    addReading: (reading) => recorder.addReading(reading),
    async stop(end) {
      clearInterval(timer);
      recorder.begin(now() - end.durationMs);
      // Loaded when used: it is needed once, at the end.
      const { encodeHdr } = await import('../../metrics/hdr.ts');
      write([...recorder.lines(Infinity), recorder.end(end, now(), encodeHdr)]);
      await writer.close();
    },
  };
}
