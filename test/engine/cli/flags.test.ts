import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../src/engine/cli/flags.ts';
import { runFlags } from '../../../src/engine/cli/flag-sets.ts';

const parse = (...args: string[]) => parseArguments(args, runFlags());

describe('the command line', () => {
  it.each([
    [['-u5'], { vus: ['5'] }],
    [['-u', '5'], { vus: ['5'] }],
    [['-u=5'], { vus: ['5'] }],
    [['--vus=5'], { vus: ['5'] }],
    [['--vus', '5'], { vus: ['5'] }],
    [['-qv'], { quiet: ['true'], verbose: ['true'] }],
    [['-qu5'], { quiet: ['true'], vus: ['5'] }],
    [['--no-setup=false'], { 'no-setup': ['false'] }],
    [['-e', 'A=1', '--env', 'B=2'], { env: ['A=1', 'B=2'] }],
    [['--tag', 'k=v=w', '-o', 'json=a.json', '--out', 'csv'], { tag: ['k=v=w'], out: ['json=a.json', 'csv'] }],
    [['--http-debug'], { 'http-debug': ['headers'] }],
    [['--http-debug=full'], { 'http-debug': ['full'] }],
  ])('%j', (args, flags) => {
    expect(parse(...args, 'script.js')).toEqual({ positional: ['script.js'], flags });
  });

  it('takes flags after the script, and nothing after --', () => {
    expect(parse('script.js', '-i', '3')).toEqual({ positional: ['script.js'], flags: { iterations: ['3'] } });
    expect(parse('--', '-i')).toEqual({ positional: ['-i'], flags: {} });
    expect(parse('-').positional).toEqual(['-']);
  });

  it.each([
    [['--nope'], 'unknown flag: --nope'],
    [['-Z'], "unknown shorthand flag: 'Z' in -Z"],
    [['-qZ'], "unknown shorthand flag: 'Z' in -qZ"],
    [['--vus'], 'flag needs an argument: --vus'],
    [['-u'], "flag needs an argument: 'u' in -u"],
  ])('%j is refused in the words k6 users know', (args, message) => {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ message, exitCode: 255 }));
  });

  it('names the flag that was probably meant', () => {
    expect(() => parse('--duraton', '1s')).toThrow(expect.objectContaining({ hint: 'did you mean --duration?' }));
  });
});
