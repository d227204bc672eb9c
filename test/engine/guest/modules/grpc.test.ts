import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grpcModule } from '../../../../src/engine/guest/modules/grpc/index.ts';
import type { GrpcConnect } from '../../../../src/engine/ops/grpc/types.ts';
import { grpcServer, type GrpcServer, gymProtoset } from '../../grpc-server.ts';
import { testVu, type TestVu } from './module-context.ts';

interface Reply {
  readonly status: number;
  readonly message: Record<string, unknown> | null;
  readonly headers: Record<string, string[]>;
  readonly trailers: Record<string, string[]>;
  readonly error: { code: number; message: string } | null;
}
interface GrpcClient {
  loadProtoset(path: string): { fullMethod: string }[];
  load(paths: string[], ...files: string[]): { fullMethod: string; isClientStream: boolean }[];
  connect(address: string, params?: object): unknown;
  asyncInvoke(method: string, request: unknown, params?: object): Promise<Reply>;
  close(): void;
}
interface GrpcStream {
  on(event: string, handler: (value: never, meta: { ts: number }) => void): void;
  write(request: unknown): void;
  end(): void;
}
interface Grpc {
  readonly Client: new () => GrpcClient;
  readonly Stream: new (client: GrpcClient, method: string, params?: object) => GrpcStream;
  readonly StatusPermissionDenied: number;
}

const fixtures = path.resolve('test/fixtures/grpc');
let server: GrpcServer;
beforeAll(async () => {
  server = await grpcServer();
});
afterAll(() => {
  server.close();
});

/** A client with the descriptors loaded, connected as the blocking entry would do it. */
async function connected(
  params: Partial<GrpcConnect> = {},
  load = (client: GrpcClient): unknown => client.load(['.'], 'gym.proto'),
): Promise<TestVu & { grpc: Grpc; client: GrpcClient }> {
  const vu = testVu('init', fixtures);
  const grpc = grpcModule(vu.ctx) as unknown as Grpc;
  const client = new grpc.Client();
  load(client);
  const { loop } = vu.ctx;
  const arg = {
    client: 1,
    address: server.address,
    plaintext: true,
    timeout: 120_000,
    reflect: undefined,
    authority: undefined,
    maxReceiveSize: undefined,
    maxSendSize: undefined,
    tls: undefined,
    ...params,
  };
  await new Promise<void>((resolve, reject) => {
    loop.begin('grpc.connect', arg, (outcome) => {
      if (outcome.ok) resolve();
      else reject(new Error(outcome.message));
    });
  });
  vu.ctx.stage = 'vu';
  return { ...vu, grpc, client };
}

describe('grpc.Client', () => {
  it('loads files with their imports and lists the methods', () => {
    const vu = testVu('init', fixtures);
    const { Client } = grpcModule(vu.ctx) as unknown as Grpc;
    const methods = new Client().load(['nowhere', '.'], 'gym.proto');
    expect(methods.find(({ fullMethod }) => fullMethod === '/gravl.gym.Gym/Talk')).toEqual({
      fullMethod: '/gravl.gym.Gym/Talk',
      package: 'gravl.gym',
      service: 'Gym',
      isClientStream: true,
      isServerStream: true,
    });
    expect(() => new Client().load([], 'missing.proto')).toThrow('cannot load missing.proto');
  });

  it('sends and gives messages as ProtoJSON, with headers, trailers and metrics', async () => {
    const { client, samples } = await connected();
    const exercise = {
      exerciseName: 'Squat',
      id: '9007199254740993',
      muscle: 'LEGS',
      raw: 'AAE=',
      weights: [1.5, 2],
      variants: { front: { exercise_name: 'Front squat' } },
      made: '2026-01-02T03:04:05.5Z',
      rating: 5,
      kilos: 100,
    };
    const reply = await client.asyncInvoke('gravl.gym.Gym/Echo', exercise, {
      metadata: { 'x-own': 'a' },
      tags: { kind: 't' },
    });
    expect(reply).toMatchObject({
      status: 0,
      error: null,
      headers: { 'x-seen': ['a'] },
      trailers: { 'x-end': ['yes'] },
    });
    expect(reply.message).toMatchObject({
      ...exercise,
      made: '2026-01-02T03:04:05.500Z',
      variants: {
        front: { exerciseName: 'Front squat', id: '0', muscle: 'MUSCLE_UNSPECIFIED', weights: [], parent: null },
      },
    });
    expect(reply.message).not.toHaveProperty('band');
    expect(samples).toEqual([
      {
        metric: 'grpc_req_duration',
        value: expect.any(Number) as number,
        tags: {
          kind: 't',
          method: 'Echo',
          name: '/gravl.gym.Gym/Echo',
          service: 'gravl.gym.Gym',
          status: '0',
          url: `${server.address}/gravl.gym.Gym/Echo`,
        },
      },
    ]);
  });

  it('gives a failed call as a status, not as an exception', async () => {
    const { client, grpc, samples } = await connected();
    const reply = await client.asyncInvoke('/gravl.gym.Gym/Refuse', {});
    expect(reply).toMatchObject({
      status: grpc.StatusPermissionDenied,
      message: null,
      error: { code: 7, message: 'not you' },
    });
    expect(samples[0]?.tags['status']).toBe('7');
  });

  it('has the JSON forms of well-known types', async () => {
    const { client } = await connected();
    const extra = { '@type': 'type.googleapis.com/gravl.gym.Exercise', exerciseName: 'Row' };
    const special = { notes: { a: [1, null, 'b'], c: { d: true } }, changed: 'exerciseName,parent.id', extra, sets: 0 };
    expect((await client.asyncInvoke('gravl.gym.Gym/Echo', special)).message).toMatchObject(special);
    expect((await client.asyncInvoke('gravl.gym.Gym/Echo', {})).message).not.toHaveProperty('sets');
    expect((await client.asyncInvoke('gravl.gym.Gym/Name', 'John')).message).toBe('John');
  });

  it('calls by another authority', async () => {
    const { client } = await connected({ authority: 'gym.test:1' });
    await client.asyncInvoke('gravl.gym.Gym/Echo', {}, { metadata: { 'x-own': '1' } });
    await client.asyncInvoke('gravl.gym.Gym/Echo', {}, { authority: 'other.test', metadata: { 'x-own': '2' } });
    expect(server.seen.slice(-2)).toEqual(['gym.test:1 1', 'other.test 2']);
  });

  it('can discard the message of the response', async () => {
    const { client } = await connected();
    expect(
      (await client.asyncInvoke('gravl.gym.Gym/Echo', { id: 1 }, { discardResponseMessage: true })).message,
    ).toBeNull();
  });

  it('says what is wrong with a call', async () => {
    const { client } = await connected();
    await expect(client.asyncInvoke('gravl.gym.Gym/Nope', {})).rejects.toThrow(
      'method "/gravl.gym.Gym/Nope" not found',
    );
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', { nope: 1 })).rejects.toThrow(
      /^unable to serialise request object to protocol buffer: proto: .*unknown field: "nope"/,
    );
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', { muscle: 'ARMS' })).rejects.toThrow('"ARMS"');
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', { id: 'one' })).rejects.toThrow('"one"');
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', null)).rejects.toThrow('request cannot be nil');
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', {}, { timeout: '5 years' })).rejects.toThrow('as a duration');
    client.close();
    await expect(client.asyncInvoke('gravl.gym.Gym/Echo', {})).rejects.toThrow('you must call connect first');
  });
});

describe('a connection over TLS', () => {
  it('shows a client certificate whose key a password opens', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'grpc-tls-'));
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
    const made = ['-newkey', 'rsa:2048', '-days', '2', '-addext', 'subjectAltName=DNS:gym.test'];
    openssl('req', '-x509', ...made, '-nodes', '-subj', '/CN=gym.test', '-keyout', 'key.pem', '-out', 'cert.pem');
    openssl('pkcs8', '-topk8', '-in', 'key.pem', '-passout', 'pass:open', '-out', 'locked.pem');
    const [key, cert, locked] = await Promise.all(
      ['key.pem', 'cert.pem', 'locked.pem'].map((name) => readFile(path.join(dir, name))),
    );
    const pair = { private_key: key ?? Buffer.of(), cert_chain: cert ?? Buffer.of() };
    const secure = await grpcServer(grpc.ServerCredentials.createSsl(cert ?? null, [pair], true));
    const tls = { cert: String(cert), key: String(locked), password: 'open', cacerts: [String(cert)] };
    const params = { plaintext: false, address: secure.address, authority: 'gym.test' };
    try {
      const { client } = await connected({ ...params, tls });
      expect((await client.asyncInvoke('gravl.gym.Gym/Name', 'Ann')).message).toBe('Ann');
      const refused = connected({ ...params, tls: { ...tls, password: 'shut' } });
      await expect(refused).rejects.toThrow('tls.password does not open tls.key');
    } finally {
      secure.close();
    }
  });
});

describe('definitions', () => {
  const weights = { weights: [1, 2.5], rating: 3 };

  it('come from the server by reflection, with what its files import', async () => {
    const { client } = await connected({ reflect: [['x-own', 'r']] }, () => undefined);
    expect((await client.asyncInvoke('gravl.gym.Gym/Echo', weights)).message).toMatchObject(weights);
    expect(server.seen).toContain('reflection r');
  });

  it('come from a protoset', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'protoset-')), 'gym.protoset');
    await writeFile(file, gymProtoset());
    const { client } = await connected({}, (own) => {
      expect(own.loadProtoset(file).map(({ fullMethod }) => fullMethod)).toContain('/gravl.gym.Gym/Talk');
    });
    expect((await client.asyncInvoke('gravl.gym.Gym/Echo', weights)).message).toMatchObject(weights);
    const vu = testVu('init', fixtures);
    const { Client } = grpcModule(vu.ctx) as unknown as Grpc;
    expect(() => new Client().loadProtoset('missing.protoset')).toThrow('cannot load the protoset missing.protoset');
  });
});

describe('grpc.Stream', () => {
  it('writes and receives messages until both sides have ended', async () => {
    const { client, grpc, iterate, ctx, samples } = await connected();
    const seen: unknown[] = [];
    const { failure } = await iterate(() => {
      const stream = new grpc.Stream(client, 'gravl.gym.Gym/Talk');
      stream.on('data', ({ exerciseName }: { exerciseName: string }, { ts }) => {
        seen.push(exerciseName, Math.abs(ts - ctx.host.now()) < 60_000);
        if (seen.length === 4) stream.end();
      });
      stream.on('end', () => seen.push('end'));
      stream.write({ exerciseName: 'Row' });
      stream.write({ exercise_name: 'Dip' });
    });
    expect(failure).toBeUndefined();
    expect(seen).toEqual(['Row', true, 'Dip', true, 'end']);
    const count = (name: string) => samples.filter(({ metric }) => metric === name).length;
    expect([count('grpc_streams'), count('grpc_streams_msgs_sent'), count('grpc_streams_msgs_received')]).toEqual([
      1, 2, 2,
    ]);
  });

  it('tells of an error before the end', async () => {
    const { client, grpc, iterate } = await connected();
    const seen: unknown[] = [];
    await iterate(() => {
      const stream = new grpc.Stream(client, 'gravl.gym.Gym/Talk', { timeout: 50 });
      stream.on('error', ({ code }: { code: number }) => seen.push(code));
      stream.on('end', () => seen.push('end'));
    });
    expect(seen).toEqual([4, 'end']);
  });
});
