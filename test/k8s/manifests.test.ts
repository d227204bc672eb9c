import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifests, render } from '../../k8s/source/files.ts';
import { unsealValue } from '../../src/readiness/seal/seal.ts';
import { temporaryFolder } from '../e2e/harness.ts';
import { crdValidators } from './schemas.ts';

interface PlainObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly ca?: { readonly secretName: string };
    readonly secretName?: string;
    readonly encryptedData?: Readonly<Record<string, string>>;
  };
}

const root = path.resolve(import.meta.dirname, '../..');
const k8s = path.join(root, 'k8s');
const objects = [...manifests].flatMap(([file, list]) => list.map((object) => ({ file, object })));
const plain = objects.map(({ object }) => JSON.parse(JSON.stringify(object)) as PlainObject);

/** Written by hand: what the gates are held to. */
const declared = new Set(['flows.yaml', 'golive.yaml', 'permissions.yaml', 'waivers.yaml']);

describe('the committed manifests', () => {
  it.each([...manifests.keys()])('k8s/%s is what its source says (npm run manifests writes it)', (file) => {
    expect(readFileSync(path.join(k8s, file), 'utf8')).toBe(render(manifests.get(file) ?? []));
  });

  it('are all made from the source: no file is left over', () => {
    const committed = readdirSync(k8s, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.yaml') && !declared.has(file),
    );
    expect(committed.sort()).toEqual([...manifests.keys()].sort());
  });

  const crds = crdValidators();
  it.each(objects.map(({ file, object }) => [file, object] as const))(
    '%s: an object is valid for its schema',
    (_, object) => {
      const given = JSON.parse(JSON.stringify(object)) as { apiVersion: string; kind: string };
      const crd = crds.get(`${given.apiVersion}/${given.kind}`);
      if (crd !== undefined) {
        expect(crd(given), JSON.stringify(crd.errors)).toBe(true);
      } else {
        const model = object as { validate?: () => void };
        expect(model.validate).toBeTypeOf('function');
        model.validate?.();
      }
    },
  );

  it('refuses a field that no schema knows, so validation means something', () => {
    const validate = crds.get('cert-manager.io/v1/ClusterIssuer');
    expect(
      validate?.({ apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: {}, spec: { acmee: {} } }),
    ).toBe(false);
  });

  it('never carries a plain Secret', () => {
    expect(plain.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('has exactly the nine policies in each environment', () => {
    for (const env of ['staging', 'production']) {
      expect(manifests.get(`${env}/network-policy.yaml`)).toHaveLength(9);
    }
  });

  it('makes the internal CA from a certificate that the self-signed issuer signs', () => {
    const issuer = plain.find(({ metadata }) => metadata.name === 'internal-ca-issuer');
    const certificate = plain.find(({ kind, metadata }) => kind === 'Certificate' && metadata.name === 'internal-ca');
    expect(certificate?.spec).toMatchObject({ isCA: true, issuerRef: { name: 'selfsigned-issuer' } });
    expect(issuer?.spec?.ca?.secretName).toBe(certificate?.spec?.secretName);
  });

  it('seals the placeholder to the documented test key, for its own place only', () => {
    const key = createPrivateKey(readFileSync(path.join(root, 'test/fixtures/sealing/test.key')));
    const sealed = plain.find(({ kind }) => kind === 'SealedSecret')?.spec?.encryptedData?.['POSTGRES_PASSWORD'] ?? '';
    const place = { namespace: 'gravl-prod', name: 'gravl-db-secret', scope: 'strict' } as const;
    expect(unsealValue(sealed, [key], place).toString()).toBe('replace-me');
    expect(() => unsealValue(sealed, [key], { ...place, namespace: 'other' })).toThrow(/no key opens/);
  });

  it('gives Prometheus alerts that promtool accepts, where the configuration looks for them', async () => {
    const config = plain.find(({ metadata }) => metadata.name === 'prometheus-config');
    const data = config?.data ?? {};
    const alerts = path.join(temporaryFolder(), 'alerts.yml');
    await writeFile(alerts, data['alerts.yml'] ?? '');
    const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', alerts]);
    expect(stdout).toMatch(/SUCCESS: 15 rules found/);
    expect(parse(data['prometheus.yml'] ?? '')).toMatchObject({ rule_files: ['/etc/prometheus/alerts.yml'] });
  });
});
