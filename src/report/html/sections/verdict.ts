import type { RunRecord } from '../../../results/record.ts';
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../../format.ts';
import { foreign, markup, type Html } from '../markup.ts';

export const failedShare = ({ failed, requests }: { failed: number; requests: number }): number =>
  requests === 0 ? 0 : failed / requests;

const marks = { PASS: '✓', FAIL: '✕', INVALID: '!' } as const;
const meaning = {
  PASS: 'All limits held.',
  FAIL: 'The target missed its limits.',
  INVALID: 'This run says nothing about the target.',
} as const;

/** The banner: what came out, and why. */
export function verdictBanner(record: RunRecord): Html {
  const { state, reasons } = record.verdict;
  return markup`<section class="verdict ${state}" aria-labelledby="verdict">
    <div class="mark" aria-hidden="true">${marks[state]}</div>
    <div>
      <h1 id="verdict">${state} <span>${foreign(record.env)} · ${foreign(record.profile)}</span></h1>
      ${
        reasons.length === 0
          ? markup`<p>${meaning[state]}</p>`
          : markup`<ul>
              ${reasons.slice(0, 12).map((reason) => markup`<li>${foreign(reason)}</li>`)}
            </ul>`
      }
      ${reasons.length > 12 ? markup`<p>and ${reasons.length - 12} more</p>` : null}
      <p class="when">
        ${foreign(record.target.url)} ·
        <time datetime="${record.startedAt}">${record.startedAt.slice(0, 19).replace('T', ' ')} UTC</time> ·
        ${formatClock(record.durationSeconds * 1000)}
      </p>
    </div>
  </section>`;
}

/** What a profile of a certain purpose showed: drift, recovery, where it broke. */
export function findingsList({ findings = [] }: RunRecord): Html | null {
  if (findings.length === 0) return null;
  const mark = (ok: boolean | null): Html | null =>
    ok === null ? null : markup`<span class="state ${ok ? 'pass' : 'fail'}">${ok ? '✓' : '✕'}</span> `;
  return markup`<ul>${findings.map(({ kind, statement, ok }) => markup`<li>${mark(ok)}<b>${kind}</b>: ${foreign(statement)}</li>`)}</ul>`;
}

/** The numbers that people ask for first. */
export function keyFigures(record: RunRecord): Html {
  const { total, checks, generator } = record;
  const failedChecks = checks.reduce((sum, { fails }) => sum + fails, 0);
  const allChecks = checks.reduce((sum, { passes, fails }) => sum + passes + fails, 0);
  const errors = failedShare(total);
  const figures: [string, string, boolean?][] = [
    ['requests', formatCount(total.requests)],
    ['requests / s', formatRate(total.rate)],
    ['p50', formatMs(total.duration?.med ?? null)],
    ['p95', formatMs(total.duration?.p95 ?? null)],
    ['p99', formatMs(total.duration?.p99 ?? null)],
    ['errors', formatShare(errors), errors > 0],
    ['checks held', allChecks === 0 ? '–' : formatShare(1 - failedChecks / allChecks), failedChecks > 0],
    ['users', formatCount(record.vusMax)],
    ...(generator.droppedIterations > 0
      ? [['dropped', formatCount(generator.droppedIterations), true] as [string, string, boolean]]
      : []),
  ];
  return markup`<dl class="figures">
    ${figures.map(
      ([name, value, bad]) =>
        markup`<div${bad === true ? markup` class="bad"` : null}><dt>${name}</dt><dd>${value}</dd></div>`,
    )}
  </dl>`;
}
