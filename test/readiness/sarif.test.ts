/** SARIF against the schema that OASIS published (test/fixtures/sarif), and what code scanning makes of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { renderSarif } from '../../src/readiness/gates/render.ts';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';

function validator() {
  const file = path.join(root, 'test/fixtures/sarif/sarif-2.1.0-rtm.5.json');
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  // Of draft 4, whose keywords that are used here mean the same in later drafts.
  delete schema['$schema'];
  delete schema['id'];
  return new Ajv({
    strict: false,
    // Some patterns of the schema are none with the flag u.
    unicodeRegExp: false,
    allErrors: true,
    formats: { uri: isUri, 'uri-reference': isReference, 'date-time': true },
  }).compile(schema);
}
const isUri = (text: string): boolean => URL.canParse(text);
const isReference = (text: string): boolean => /^[\x21-\x7e]*$/.test(text) && URL.canParse(text, 'https://x/');

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly level: string;
      readonly locations?: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
      }[];
    }[];
  }[];
}

describe('ready --format sarif', () => {
  const validate = validator();

  it('is valid SARIF 2.1.0, with a rule for every result and places in the tree', async () => {
    const { stdout } = await gravlLoad(['ready', '--format', 'sarif', '--results', temporaryFolder()]);
    const log = JSON.parse(stdout) as Sarif;
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    const [run] = log.runs;
    const rules = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(run?.results.every(({ ruleId }) => rules.includes(ruleId))).toBe(true);
    const places = run?.results
      .flatMap(({ locations = [] }) => locations)
      .map(({ physicalLocation: { artifactLocation } }) => artifactLocation.uri);
    expect(places).toContain('k8s/production/sealed-secrets-setup.yaml');
  });

  it('stays valid with awkward file names and texts', () => {
    const result = {
      id: 'pod-security',
      area: 'security',
      title: 't',
      state: 'fail',
      evidence: 'e',
      observedAt: new Date().toISOString(),
      verify: 'v',
      fix: 'f',
      findings: [
        { message: 'a "b"\n<c> ü', where: 'k8s/with space/ü:x.yaml:7' },
        { message: 'of a cluster', where: 'prod/ns/Pod/p spec' },
      ],
    } as const;
    const report = {
      schemaVersion: 1,
      environment: 'staging',
      checkedAt: new Date().toISOString(),
      live: false,
      ready: false,
      results: [result],
    } as const;
    const log = JSON.parse(renderSarif(report, '1.0.0')) as unknown;
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  });

  it('would not pass with a level that there is none of', () => {
    const wrong = {
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: { text: 'm' }, level: 'bad' }] }],
    };
    expect(validate(wrong)).toBe(false);
  });
});
