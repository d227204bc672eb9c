/** Secrets: never plain, sealed for where they are, and their keys backed up. */
import type { KubeObject } from '../manifests/load.ts';
import { usedSecretsGate } from './used-secrets.ts';
import { plainIn } from './plain-secrets.ts';
import { certificateEnds, sealedWith, testKeyMark } from '../seal/manifest.ts';
import { ageInDays, field, hasCondition, judge, nameOf, notChecked, type Finding, type Gate } from './model.ts';

const backupDays = 30;
const certificateDays = 30;

export const secretGates: readonly Gate[] = [
  {
    id: 'secrets-not-plain',
    area: 'security',
    title: 'no manifest carries a secret in plain sight',
    verify: "grep -rln '^kind: Secret$' k8s",
    fix: 'gravl-load secrets seal makes a SealedSecret of it; delete the plain one, also from the history, and rotate the value.',
    check({ tree }) {
      if (tree === undefined) return notChecked('there is no folder with the manifests (--manifests)');
      return judge(tree.flatMap(plainIn), `${tree.length} objects of the manifests`);
    },
  },
  {
    id: 'secrets-sealed',
    area: 'security',
    title: 'sealed secrets are real ones, for their name and namespace',
    verify: 'kubectl -n NAMESPACE get sealedsecrets',
    fix: 'gravl-load secrets seal --cert sealing.crt --namespace NAMESPACE --name gravl-db-secret',
    check({ objects, live, namespace, namespaces }) {
      const sealed = sealedIn(objects, namespaces);
      const external = objects.filter(
        ({ kind, metadata }) => kind === 'ExternalSecret' && metadata.namespace === namespace,
      );
      if (sealed.length === 0 && external.length === 0) {
        return notChecked(`there is no SealedSecret or ExternalSecret in ${namespace}`);
      }
      // Of a cluster: those that are there are meant to work. Manifests may show several ways, of which one is used.
      const unready = live ? external.filter((secret) => !hasCondition(secret, 'Ready')) : [];
      const findings = sealed.flatMap((secret): Finding[] => {
        const where = secret.where('spec');
        const found: Finding[] = [];
        const add = (message: string): void => void found.push({ message: `${nameOf(secret)} ${message}`, where });
        if (isPlaceholder(secret)) {
          add('is the placeholder, sealed with the documented test key');
        }
        const values = Object.entries((field(secret.body, 'spec', 'encryptedData') ?? {}) as Record<string, unknown>);
        if (values.length === 0) add('has no encrypted data');
        const scopes = [secret.metadata.annotations, field(secret.body, 'spec', 'template', 'metadata', 'annotations')];
        if (scopes.some((texts) => field(texts, 'sealedsecrets.bitnami.com/cluster-wide') === 'true'))
          add('is sealed cluster-wide: whoever may make a SealedSecret anywhere can open it');
        for (const [key, value] of values) if (!isSealed(value)) add(`: ${key} is not a sealed value`);
        for (const key of ['name', 'namespace'] as const) {
          const inside = field(secret.body, 'spec', 'template', 'metadata', key);
          if (inside !== undefined && inside !== secret.metadata[key]) add(`makes a Secret of another ${key}`);
        }
        if (live && !isSynced(secret)) add('was not unsealed by the controller');
        return found;
      });
      findings.push(...unready.map((secret) => ({ message: `${nameOf(secret)} is not ready`, where: secret.where() })));
      return judge(findings, `${sealed.length} sealed secrets, ${external.length} external ones`);
    },
  },
  usedSecretsGate,
  {
    id: 'sealing-certificate',
    area: 'security',
    title: `the certificate that secrets are sealed with is valid for more than ${certificateDays} days`,
    verify: 'kubeseal --fetch-cert | openssl x509 -noout -enddate',
    fix: 'Fetch the current certificate (kubeseal --fetch-cert > sealing.crt), and seal again with gravl-load secrets seal.',
    check({ objects, namespaces, sealingCertificate, now }) {
      const marked = sealedIn(objects, namespaces).filter(
        ({ metadata }) => metadata.annotations[certificateEnds] !== undefined,
      );
      const found = marked.map((secret) => ({
        name: nameOf(secret),
        ends: new Date(secret.metadata.annotations[certificateEnds] ?? ''),
        where: secret.where('metadata', 'annotations', certificateEnds),
      }));
      if (sealingCertificate !== undefined) {
        const { ends, from } = sealingCertificate;
        found.push({ name: 'the sealing certificate', ends, where: from });
      }
      if (found.length === 0) {
        return notChecked('no secret says which certificate it was sealed with (--sealing-cert FILE, or --context)');
      }
      const findings = found.flatMap(({ name, ends, where }): Finding[] => {
        if (Number.isNaN(ends.getTime())) return [{ message: `${name}: ${certificateEnds} is no time`, where }];
        const days = Math.floor(-ageInDays(ends, now));
        if (days > certificateDays) return [];
        const message = days < 0 ? `ended at ${ends.toISOString()}` : `ends in ${days} days`;
        return [{ message: `${name}: the certificate ${message}`, where }];
      });
      return judge(findings, found.map(({ name, ends }) => `${name}: until ${day(ends)}`).join(', '));
    },
  },
  {
    id: 'sealing-key-backup',
    area: 'security',
    title: `the sealing keys were backed up in the last ${backupDays} days`,
    verify: 'kubectl -n kube-system get secret -l sealedsecrets.bitnami.com/sealed-secrets-key=active',
    fix: 'gravl-load secrets backup-key --context NAME --output FILE, and keep the file away from the cluster.',
    check({ objects, namespaces, keyBackup, sealingCertificate, now }) {
      if (keyBackup === undefined) return notChecked('no backup is recorded (gravl-load secrets backup-key)');
      const at = new Date(keyBackup.at);
      const days = ageInDays(at, now);
      const findings: Finding[] = days > backupDays ? [{ message: `the backup is ${Math.floor(days)} days old` }] : [];
      const saved = new Set(keyBackup.keys.map(({ fingerprint }) => fingerprint));
      const missing = (name: string, key: string | undefined, where: string): void => {
        if (key === undefined || key === testKeyMark || saved.has(key)) return;
        findings.push({ message: `the backup does not hold the key of ${name}`, where });
      };
      for (const secret of sealedIn(objects, namespaces)) {
        missing(nameOf(secret), secret.metadata.annotations[sealedWith], secret.where('metadata', 'annotations'));
      }
      if (sealingCertificate !== undefined) {
        missing('the sealing certificate', sealingCertificate.fingerprint, sealingCertificate.from);
      }
      const count = keyBackup.keys.length === 1 ? '1 key' : `${keyBackup.keys.length} keys`;
      return { ...judge(findings, `${count}, backed up at ${keyBackup.at}`), observedAt: at };
    },
  },
];

const sealedIn = (objects: readonly KubeObject[], namespaces: readonly string[]): KubeObject[] =>
  objects.filter(
    ({ kind, metadata }) => kind === 'SealedSecret' && namespaces.includes(metadata.namespace ?? 'default'),
  );
const isPlaceholder = ({ metadata }: KubeObject): boolean => metadata.annotations[sealedWith] === testKeyMark;
const day = (time: Date): string => (Number.isNaN(time.getTime()) ? 'unknown' : time.toISOString().slice(0, 10));

/** Starts with the length of its RSA-encrypted key, and is longer than that. */
function isSealed(value: unknown): boolean {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  const key = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  return key >= 256 && bytes.length >= 2 + key + 16;
}

const isSynced = (secret: KubeObject): boolean => hasCondition(secret, 'Synced');
