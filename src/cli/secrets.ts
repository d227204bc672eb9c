/** `gravl-load secrets seal | verify | backup-key | restore-key` */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { LoadError, messageOf } from '../errors.ts';
import { openCluster } from '../cluster/client.ts';
import { loadManifests, parseManifests } from '../readiness/manifests/load.ts';
import { backUpKeys, isBackup } from '../readiness/seal/backup.ts';
import { fetchCertificate, privateKeysOf, readSealingKeys, sealingKeysOf } from '../readiness/seal/keys.ts';
import { sealManifest, verifySealed, type Verified } from '../readiness/seal/manifest.ts';
import { decrypt } from '../readiness/seal/passphrase.ts';
import { scopes, sealingCertificate, SealError, type Scope } from '../readiness/seal/seal.ts';
import { gatherValues } from '../readiness/seal/values.ts';
import { guardWrite, writeWhole } from '../results/store.ts';
import { command } from './command.ts';
import { askHidden, readStdin } from './input.ts';
import { kubeconfig, textOption as text } from './readiness-options.ts';

const texts = (flags: string, help: string) =>
  option<string[]>({ flags, help, schema: value.texts, fallback: [], repeatable: true });
const json = option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false });
const context = text('--context <name>', 'take it from this running cluster: a context of the kubeconfig');
const passphraseFile = text(
  '--passphrase-file <file>',
  'first line: the passphrase of the backup; asked for otherwise',
);

const dnsName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a Kubernetes name: a to z, 0 to 9, "-", "."');
const name = (flags: string, help: string) =>
  option<string | undefined>({ flags, help, schema: dnsName, fallback: undefined });

const seal = command({
  usage: 'secrets seal',
  summary: 'make a SealedSecret offline, from values that are never written in plain text',
  options: {
    cert: text('--cert <file>', "the controller's certificate, as kubeseal --fetch-cert prints it"),
    context,
    kubeconfig,
    namespace: name('--namespace <name>', 'of the Secret'),
    name: name('--name <name>', 'of the Secret'),
    scope: option<Scope>({
      flags: '--scope <scope>',
      help: `where it can be unsealed: ${scopes.join(', ')}`,
      schema: z.enum(scopes, `must be one of ${scopes.join(', ')}`),
      fallback: 'strict',
    }),
    type: option({ flags: '--type <type>', help: 'type of the Secret', schema: value.text, fallback: 'Opaque' }),
    prompt: texts('--prompt <key>', 'ask for this value, without echo; repeatable'),
    stdin: text('--stdin <key>', 'the standard input is this value; one line end at its end is left out'),
    fromFile: texts('--from-file <key=path>', "a file's bytes are this value; repeatable"),
    fromEnvFile: text('--from-env-file <file>', 'KEY=VALUE lines; - is the standard input'),
    generate: texts('--generate <key=length>', 'random letters and digits, such as jwt-secret=64; repeatable'),
    template: texts(
      '--template <key=text>',
      'made of the others: {KEY} is a value, percent-encoded in a URL; repeatable',
    ),
    output: text('--output <file>', 'write it there instead of printing it'),
  },
  examples: [
    [
      'gravl-load secrets seal --cert sealing.crt --namespace gravl-prod --name gravl-api --generate jwt-secret=64',
      'a value that nobody ever sees',
    ],
    [
      "gravl-load secrets seal --cert sealing.crt --namespace gravl-prod --name gravl-db-secret --prompt POSTGRES_PASSWORD --template 'DATABASE_URL=postgres://gravl:{POSTGRES_PASSWORD}@postgres:5432/gravl'",
      'asks, without echo',
    ],
    [
      'pass show gravl/api | gravl-load secrets seal --context prod --namespace gravl-prod --name api --stdin token',
      '',
    ],
  ],
  async run(values, _, { cwd, stdout, stderr }) {
    const { namespace, name: secret, scope } = values;
    if (namespace === undefined || secret === undefined) {
      throw new LoadError('usage.invalid', '--namespace and --name say which Secret it becomes; give both');
    }
    const certificate = sealingCertificate(
      await certificatePem(values, cwd),
      values.cert ?? values.context ?? '',
      new Date(),
    );
    const sources = await gatherValues(values, {
      readFile: (file) => readBytes(path.resolve(cwd, file)),
      readStdin,
      ask: (question) => askHidden(question, '--stdin, --from-file or --from-env-file'),
    });
    const manifest = sealManifest(sources, certificate, { namespace, name: secret, scope }, values.type);
    for (const plain of sources.values()) plain.fill(0);
    const days = Math.floor((certificate.ends.getTime() - Date.now()) / 86_400_000);
    if (days < 30) stderr.write(`warning: the sealing certificate ends in ${days} days; fetch the current one soon\n`);
    if (values.output === undefined) {
      stdout.write(manifest);
      return 0;
    }
    const file = path.resolve(cwd, values.output);
    await guardWrite(file, () => writeWhole(file, manifest));
    stdout.write(`${namespace}/${secret} (${scope}), ${[...sources.keys()].join(', ')}: ${values.output}\n`);
    return 0;
  },
});

const verify = command({
  usage: 'secrets verify <manifests...>',
  summary: 'check that SealedSecrets open with a key, for the name, namespace and scope they state',
  options: {
    key: texts('--key <file>', 'private key (PEM), a Secret of the controller, or a backup; repeatable'),
    context,
    kubeconfig,
    passphraseFile,
    json,
  },
  examples: [
    ['gravl-load secrets verify k8s/production/sealed-secrets-setup.yaml --key sealing-keys.backup', 'with a backup'],
    [
      'gravl-load secrets verify k8s --context prod',
      "with the running controller's keys; exit code 5 when one is closed",
    ],
  ],
  async run(values, places, { cwd, stdout }) {
    const keys = await keysOf(values, cwd);
    const objects = await loadManifests(places.map((place) => path.resolve(cwd, place)));
    const results = objects.filter(({ kind }) => kind === 'SealedSecret').map((secret) => verifySealed(secret, keys));
    if (results.length === 0)
      throw new LoadError('manifests.invalid', `there is no SealedSecret in ${places.join(', ')}`);
    const ok = results.every(({ opened, closed }) => opened.length > 0 && closed.length === 0);
    if (values.json) stdout.write(`${JSON.stringify({ ok, results }, undefined, 2)}\n`);
    else for (const result of results) stdout.write(verifiedText(result));
    return ok ? 0 : 5;
  },
});

const backup = command({
  usage: 'secrets backup-key',
  summary: 'save the active sealing keys, encrypted with a passphrase, and record that it was done',
  options: {
    context,
    kubeconfig,
    input: text(
      '--input <file>',
      "the keys' Secrets, as kubectl get secret -o yaml prints them; - is the standard input",
    ),
    output: text('--output <file>', 'the backup, readable by its owner only; keep it away from the cluster'),
    passphraseFile,
    results: option({
      flags: '--results <dir>',
      help: 'folder of runs and records',
      schema: value.text,
      fallback: 'results',
    }),
  },
  examples: [
    ['gravl-load secrets backup-key --context prod --output sealing-keys.backup', 'asks for a passphrase'],
    ['gravl-load secrets verify k8s --key sealing-keys.backup', 'proves that the backup opens what is in the tree'],
  ],
  async run(values, _, { cwd, stdout }) {
    if ((values.context === undefined) === (values.input === undefined)) {
      throw new LoadError('usage.invalid', 'give either --context or --input: where the keys are');
    }
    if (values.output === undefined)
      throw new LoadError('usage.invalid', '--output: the file of the backup is missing');
    const keys =
      values.context === undefined
        ? sealingKeysOf(await inputObjects(values.input ?? '-', cwd))
        : await readSealingKeys(openCluster(values.context, values.kubeconfig));
    const file = path.resolve(cwd, values.output);
    const passphrase = await passphraseOf(values.passphraseFile, cwd, true);
    const record = await backUpKeys(keys, passphrase, file, path.resolve(cwd, values.results), new Date());
    for (const { name: key, fingerprint, ends } of record.keys) stdout.write(`${key} ${fingerprint} until ${ends}\n`);
    stdout.write(`${record.keys.length === 1 ? '1 key' : `${record.keys.length} keys`} in ${values.output}\n`);
    return 0;
  },
});

const restore = command({
  usage: 'secrets restore-key <backup>',
  summary: 'print the sealing keys of a backup as Secrets, for kubectl apply; never on a terminal',
  options: { passphraseFile },
  examples: [
    [
      'gravl-load secrets restore-key sealing-keys.backup | kubectl apply -f -',
      'then: kubectl -n kube-system rollout restart deploy sealed-secrets-controller',
    ],
  ],
  async run(values, [file = ''], { cwd, stdout }) {
    if (stdout.isTTY) {
      throw new LoadError(
        'usage.invalid',
        'private keys are not printed on a terminal; pipe them: … | kubectl apply -f -',
      );
    }
    const text = (await readBytes(path.resolve(cwd, file))).toString('utf8');
    stdout.write(decrypt(text, await passphraseOf(values.passphraseFile, cwd, false)));
    return 0;
  },
});

export const secretsCommands = [seal, verify, backup, restore];

interface Source {
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
}

async function certificatePem(from: Source & { cert: string | undefined }, cwd: string): Promise<Buffer | string> {
  if ((from.cert === undefined) === (from.context === undefined)) {
    throw new LoadError('usage.invalid', 'give either --cert or --context: where the sealing certificate is');
  }
  if (from.context === undefined) return readBytes(path.resolve(cwd, from.cert ?? ''));
  const pem = await fetchCertificate(openCluster(from.context, from.kubeconfig));
  if (pem === undefined) throw new SealError(`the sealed-secrets controller of ${from.context} shows no certificate`);
  return pem;
}

async function keysOf(
  from: Source & { key: readonly string[]; passphraseFile: string | undefined },
  cwd: string,
): Promise<KeyObject[]> {
  if (from.key.length === 0 && from.context === undefined) {
    throw new LoadError('usage.invalid', 'give --key or --context: the keys to check with');
  }
  const keys: KeyObject[] = [];
  for (const file of from.key) {
    let content = (await readBytes(path.resolve(cwd, file))).toString('utf8');
    if (isBackup(content))
      content = decrypt(content, await passphraseOf(from.passphraseFile, cwd, false)).toString('utf8');
    keys.push(...privateKeysOf(file, content));
  }
  if (from.context !== undefined) {
    for (const { manifest } of await readSealingKeys(openCluster(from.context, from.kubeconfig))) {
      keys.push(...privateKeysOf(from.context, JSON.stringify(manifest)));
    }
  }
  return keys;
}

async function passphraseOf(file: string | undefined, cwd: string, isNew: boolean): Promise<string> {
  if (file !== undefined) return (await readBytes(path.resolve(cwd, file))).toString('utf8').split(/\r?\n/)[0] ?? '';
  const passphrase = await askHidden('Passphrase of the backup: ', '--passphrase-file');
  if (isNew && (await askHidden('The same again: ', '--passphrase-file')) !== passphrase) {
    throw new SealError('the two passphrases are not the same; nothing was written');
  }
  return passphrase;
}

async function inputObjects(file: string, cwd: string): ReturnType<typeof loadManifests> {
  const bytes = file === '-' ? await readStdin() : await readBytes(path.resolve(cwd, file));
  return parseManifests(file, bytes.toString('utf8'));
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new LoadError('secrets.invalid', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function verifiedText({ namespace, name: secret, scope, opened, closed, fingerprints }: Verified): string {
  const lines = [`${closed.length === 0 && opened.length > 0 ? '✓' : '✗'} ${namespace}/${secret} (${scope})`];
  if (opened.length > 0) lines.push(`  opened: ${opened.join(', ')} with ${fingerprints.join(', ')}`);
  if (closed.length > 0) {
    lines.push(`  closed: ${closed.join(', ')}: sealed for another controller, name, namespace or scope`);
  }
  if (opened.length + closed.length === 0) lines.push('  it has no encrypted data');
  return `${lines.join('\n')}\n`;
}
