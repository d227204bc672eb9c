/** Secrets: never plain, sealed for where they are, and their keys backed up. */
import type { KubeObject } from '../manifests/load.ts';
import { ageInDays, field, hasCondition, judge, nameOf, notChecked, type Finding, type Gate } from './model.ts';

const backupDays = 30;
const placeholderMark = 'gravl.app/sealed-with';

export const secretGates: readonly Gate[] = [
  {
    id: 'secrets-not-plain',
    area: 'security',
    title: 'no manifest carries a plain Secret',
    verify: "grep -rln '^kind: Secret$' k8s",
    fix: 'gravl-load secrets seal makes a SealedSecret of it; delete the plain one, also from the history, and rotate the value.',
    check({ objects, live }) {
      if (live) return notChecked('this gate reads the manifests, not a cluster');
      const plain = objects.filter(
        ({ kind, body }) => kind === 'Secret' && (body['data'] !== undefined || body['stringData'] !== undefined),
      );
      return judge(
        plain.map((secret) => ({ message: `${nameOf(secret)} is in plain sight`, where: secret.where() })),
        `${objects.length} objects`,
      );
    },
  },
  {
    id: 'secrets-sealed',
    area: 'security',
    title: 'sealed secrets are real ones, for their name and namespace',
    verify: 'kubectl -n NAMESPACE get sealedsecrets',
    fix: 'gravl-load secrets seal --cert sealing.crt --namespace NAMESPACE --name gravl-db-secret',
    check({ objects, live, namespace }) {
      const sealed = objects.filter(
        ({ kind, metadata }) => kind === 'SealedSecret' && metadata.namespace === namespace,
      );
      if (sealed.length === 0) return notChecked(`there is no SealedSecret in ${namespace}`);
      const findings = sealed.flatMap((secret): Finding[] => {
        const where = secret.where('spec');
        const found: Finding[] = [];
        const add = (message: string): void => void found.push({ message: `${nameOf(secret)} ${message}`, where });
        if (secret.metadata.annotations[placeholderMark] !== undefined) {
          add('is the placeholder, sealed with the documented test key');
        }
        const values = Object.entries((field(secret.body, 'spec', 'encryptedData') ?? {}) as Record<string, unknown>);
        if (values.length === 0) add('has no encrypted data');
        for (const [key, value] of values) if (!isSealed(value)) add(`: ${key} is not a sealed value`);
        for (const key of ['name', 'namespace'] as const) {
          const inside = field(secret.body, 'spec', 'template', 'metadata', key);
          if (inside !== undefined && inside !== secret.metadata[key]) add(`makes a Secret of another ${key}`);
        }
        if (live && !isSynced(secret)) add('was not unsealed by the controller');
        return found;
      });
      return judge(findings, `${sealed.length} sealed secrets`);
    },
  },
  {
    id: 'sealing-key-backup',
    area: 'security',
    title: `the sealing keys were backed up in the last ${backupDays} days`,
    verify: 'kubectl -n kube-system get secret -l sealedsecrets.bitnami.com/sealed-secrets-key=active',
    fix: 'gravl-load secrets backup-key, and store the file away from the cluster.',
    check({ keyBackup, now }) {
      if (keyBackup === undefined) return notChecked('no backup is recorded (gravl-load secrets backup-key)');
      const days = ageInDays(keyBackup.at, now);
      const evidence = `${keyBackup.fingerprints.length} keys backed up at ${keyBackup.at.toISOString()}`;
      const findings = days > backupDays ? [{ message: `the backup is ${Math.floor(days)} days old` }] : [];
      return { ...judge(findings, evidence), observedAt: keyBackup.at };
    },
  },
];

/** Starts with the length of its RSA-encrypted key, and is longer than that. */
function isSealed(value: unknown): boolean {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  const key = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  return key >= 256 && bytes.length >= 2 + key + 16;
}

const isSynced = (secret: KubeObject): boolean => hasCondition(secret, 'Synced');
