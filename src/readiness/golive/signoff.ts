/** The end of a go-live: a document with every step's evidence, signed with Ed25519; and the proof of it. */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { suiteVersion } from '../../config/package.ts';
import { LoadError, messageOf } from '../../errors.ts';
import { guardWrite, writeWhole } from '../../results/store.ts';
import { brokenAt, latest, type Entry, type Journal } from './journal.ts';
import type { Step } from './model.ts';

const names = { json: 'signoff.json', markdown: 'signoff.md', signature: 'signoff.json.sig' } as const;

const documentSchema = z.looseObject({
  schemaVersion: z.literal(1),
  environment: z.string(),
  release: z.string(),
  journal: z.array(z.custom<Entry>()),
  markdownSha256: z.string(),
});

/** @throws LoadError usage.invalid when the file holds no Ed25519 private key */
export async function readPrivateKey(file: string): Promise<KeyObject> {
  return keyOf(file, (pem) => createPrivateKey(pem), 'openssl genpkey -algorithm ed25519 -out FILE makes one.');
}

/** @throws LoadError usage.invalid when the file holds no Ed25519 public key */
export async function readPublicKey(file: string): Promise<KeyObject> {
  return keyOf(file, (pem) => createPublicKey(pem), 'openssl pkey -in KEY -pubout -out FILE makes it.');
}

async function keyOf(file: string, read: (pem: string) => KeyObject, hint: string): Promise<KeyObject> {
  try {
    const key = read(await readFile(file, 'utf8'));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of type ${key.asymmetricKeyType ?? 'unknown'}`);
    return key;
  } catch (error) {
    throw new LoadError('usage.invalid', `--key: ${file} is no Ed25519 key in PEM: ${messageOf(error)}`, { hint });
  }
}

/** Writes and signs the document. @returns its files */
export async function signOff(
  journal: Journal,
  steps: readonly Step[],
  key: KeyObject,
  signer: string,
): Promise<string[]> {
  const { environment, release, entries, dir } = journal;
  const signedAt = new Date().toISOString();
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const last = latest(entries);
  const rows = steps.map((step) => ({ step: step.id, phase: step.phase, title: step.title, entry: last.get(step.id) }));
  const markdown = render(journal, rows, { signer, signedAt });
  const document = {
    schemaVersion: 1,
    environment,
    release,
    signedAt,
    signer,
    publicKey,
    suiteVersion,
    steps: rows.map(({ entry, ...row }) => ({
      ...row,
      state: entry?.state ?? 'not done',
      evidence: entry?.evidence ?? '',
    })),
    journal: entries,
    markdownSha256: sha256(markdown),
  };
  const json = `${JSON.stringify(document, undefined, 2)}\n`;
  await guardWrite(dir, async () => {
    await writeWhole(path.join(dir, names.markdown), markdown);
    await writeWhole(path.join(dir, names.json), json);
    await writeWhole(path.join(dir, names.signature), `${sign(null, Buffer.from(json), key).toString('base64')}\n`);
  });
  return Object.values(names).map((name) => path.join(dir, name));
}

/** What is wrong with a signed document; nothing when it is as it was signed. */
export async function verifySignOff(dir: string, publicKey: KeyObject): Promise<string[]> {
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(path.join(dir, name), 'utf8');
    } catch (error) {
      throw new LoadError('results.not-found', `${path.join(dir, name)} cannot be read: ${messageOf(error)}`);
    }
  };
  const [json, markdown, signature] = [await read(names.json), await read(names.markdown), await read(names.signature)];
  if (!verify(null, Buffer.from(json), publicKey, Buffer.from(signature.trim(), 'base64'))) {
    return [`${names.json} was not signed with that key, or was changed afterwards`];
  }
  const document = documentSchema.parse(JSON.parse(json));
  const broken = brokenAt(document.journal);
  return [
    ...(broken === undefined ? [] : [`entry ${broken} of the journal does not follow from the one before it`]),
    ...(document.markdownSha256 === sha256(markdown) ? [] : [`${names.markdown} was changed afterwards`]),
  ];
}

interface Row {
  readonly phase: string;
  readonly title: string;
  readonly entry: Entry | undefined;
}

function render(
  { environment, release, entries }: Journal,
  rows: readonly Row[],
  by: { signer: string; signedAt: string },
): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  const table = rows.map(
    ({ phase, title, entry }) =>
      `| ${phase} | ${cell(title)} | ${entry?.state ?? 'not done'} | ${cell(entry?.owner ?? '')} | ${entry?.by ?? ''} | ${entry?.endedAt ?? ''} | ${cell([entry?.evidence ?? '', ...(entry?.findings ?? [])].join('; '))} |`,
  );
  return `# Go-live of ${environment}: ${release}

Signed by ${by.signer} at ${by.signedAt}.

| phase | step | state | owner | done by | at | evidence |
| --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

The journal has ${entries.length} entries; the last one's hash is \`${entries.at(-1)?.hash ?? ''}\`.
`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
