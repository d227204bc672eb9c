/** The backup of the sealing keys: an encrypted file of its own, and a record that says when and of which keys. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { guardWrite, readVersioned, writeWhole } from '../../results/store.ts';
import type { SealingKey } from './keys.ts';
import { decrypt, encrypt } from './passphrase.ts';
import { SealError } from './seal.ts';

const recordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  at: z.iso.datetime(),
  /** Where it was written first; it should lie elsewhere by now. */
  file: z.string(),
  keys: z.array(z.strictObject({ name: z.string(), fingerprint: z.string(), ends: z.iso.datetime() })).min(1),
});

export type KeyBackupRecord = z.infer<typeof recordSchema>;

/** Below the results: the record holds nothing secret. */
export const keyBackupFile = (results: string): string => path.join(results, 'golive', 'key-backup.json');

/** @returns undefined when no backup was recorded */
export async function readKeyBackup(results: string): Promise<KeyBackupRecord | undefined> {
  const file = keyBackupFile(results);
  return existsSync(file) ? readVersioned(file, 1, recordSchema) : undefined;
}

/**
 * Encrypts the keys into `file` (mode 0600), reads it back, and records it below `results`.
 * @throws SealError when the file exists: it may hold keys that nobody else has
 */
export async function backUpKeys(
  keys: readonly SealingKey[],
  passphrase: string,
  file: string,
  results: string,
  now: Date,
): Promise<KeyBackupRecord> {
  if (existsSync(file)) {
    throw new SealError(`${file} exists, and may hold keys that nothing else holds; choose another name`);
  }
  const plain = Buffer.from(
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: keys.map(({ manifest }) => manifest) }),
  );
  await guardWrite(file, async () => writeWhole(file, encrypt(plain, passphrase), 0o600));
  if (!decrypt(await readFile(file, 'utf8'), passphrase).equals(plain)) {
    throw new SealError(`${file} does not hold what was written; is the disk in order?`);
  }
  plain.fill(0);
  const record: KeyBackupRecord = {
    schemaVersion: 1,
    at: now.toISOString(),
    file,
    keys: keys.map(({ name, fingerprint, ends }) => ({ name, fingerprint, ends })),
  };
  const recordFile = keyBackupFile(results);
  await guardWrite(recordFile, async () => {
    await mkdir(path.dirname(recordFile), { recursive: true });
    await writeWhole(recordFile, `${JSON.stringify(record, undefined, 2)}\n`);
  });
  return record;
}

/** Whether a text is such a backup, rather than PEM or manifests. */
export const isBackup = (text: string): boolean => text.includes('"gravl-load-encrypted"');
