/** What made the numbers: plan, engine, machine; and what could not be measured. */
import type { RunRecord } from '../../../results/record.ts';
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../format.ts';
import { foreign, markup, type Html } from '../markup.ts';

type Fact = readonly [name: string, value: string];

export function facts(record: RunRecord): Html {
  const { engine, git, machine, target, generator } = record;
  const run: Fact[] = [
    ['run', record.id],
    ['environment', record.env],
    ['profile', record.profile],
    ['scenarios', record.scenarios.join(', ')],
    ['target', `${target.url}${target.version === null ? '' : ` (version ${target.version})`}`],
    ['iterations', formatCount(record.iterations)],
    ['received, sent', `${formatBytes(record.dataReceived)}, ${formatBytes(record.dataSent)}`],
    ['exit code', String(record.exitCode)],
    ...Object.entries(record.tags).map(([name, value]): Fact => [`tag ${name}`, value]),
  ];
  const origin: Fact[] = [
    ['engine', `${engine.name} ${engine.version ?? ''}`],
    ['gravl-load', record.suiteVersion],
    [
      'commit',
      git.commit === null
        ? '–'
        : `${git.commit.slice(0, 12)}${git.dirty === true ? ' with changes' : ''}${git.branch === null ? '' : ` on ${git.branch}`}`,
    ],
    ['machine', `${machine.cpus} × ${machine.model}, ${formatBytes(machine.memoryMb * 1e6)}`],
    ['system', `${machine.os}, Node ${machine.node}`],
    ['plan hash', record.planHash],
  ];
  const share = (value: number | null): string => (value === null ? '–' : formatShare(value));
  const count = (value: number | null): string => (value === null ? '–' : formatCount(value));
  const rate = (value: number | null): string => (value === null ? '–' : `${formatRate(value)}/s`);
  const health: Fact[] = [
    ['CPU of the busiest thread', share(generator.cpu)],
    ['event-loop lag p99', formatMs(generator.eventLoopLagP99)],
    ['longest event-loop lag', formatMs(generator.eventLoopLagMax)],
    ['dropped iterations', count(generator.droppedIterations)],
    ['late iterations', count(generator.lateIterations)],
    ['blocking calls that held up others', count(generator.distortions)],
    ['planned, achieved', `${rate(generator.plannedRate)}, ${rate(generator.achievedRate)}`],
  ];
  const missing = Object.entries(record.missing);
  return markup`<div class="facts">${list('Run', run)}${list('Made by', origin)}${list('Load generator', health)}</div>
    ${
      missing.length === 0
        ? null
        : markup`<details>
            <summary>Not measured (${missing.length})</summary>
            ${list('', missing)}
          </details>`
    }
    <details>
      <summary>The plan</summary>
      <pre tabindex="0">${JSON.stringify(record.plan, undefined, 2).slice(0, 20_000)}</pre>
    </details>`;
}

const list = (title: string, entries: readonly Fact[]): Html =>
  markup`<div>
    ${title === '' ? null : markup`<h3>${title}</h3>`}
    <dl>
      ${entries.map(
        ([name, value]) =>
          markup`<div>
            <dt>${foreign(name)}</dt>
            <dd>${foreign(value)}</dd>
          </div>`,
      )}
    </dl>
  </div>`;
