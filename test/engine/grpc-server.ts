/** A gRPC server on loopback for `test/fixtures/grpc/gym.proto`: passes bytes back, adds metadata. */
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

export interface GrpcServer {
  readonly address: string;
  /** Authorities and own metadata of the calls so far, newest last. */
  readonly seen: string[];
  close(): void;
}

const same = (bytes: Buffer) => bytes;
const bytesMethod = (path: string, stream: boolean) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});

interface FileDescriptor {
  name: string;
  package: string;
  dependency?: string[];
}

/** The fixture's definitions, one descriptor a package; the gym's imports the others. */
function gymFiles(): FileDescriptor[] {
  const root = new protobuf.Root();
  for (const name of ['any', 'field_mask', 'struct', 'timestamp', 'wrappers']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  for (const name of ['sub/common.proto', 'gym.proto']) {
    protobuf.parse(readFileSync(new URL(`../fixtures/grpc/${name}`, import.meta.url), 'utf8'), root);
  }
  root.resolveAll();
  const { file: files } = root.toDescriptor('proto3') as unknown as { file: FileDescriptor[] };
  const gym = files.find((file) => file.package === 'gravl.gym');
  if (gym) gym.dependency = files.filter((file) => file !== gym).map(({ name }) => name);
  return files;
}

/** The fixture as a compiled descriptor set. */
export function gymProtoset(): Uint8Array {
  return descriptor.FileDescriptorSet.encode({ file: gymFiles() }).finish();
}

/** The older version of server reflection only, so that clients have to fall back to it. */
function addReflection(server: grpc.Server, seen: string[]): void {
  const { root } = protobuf.parse(`syntax = "proto3";
    message Request { string file = 3; string symbol = 4; string list = 7; }
    message Files { repeated bytes file = 1; }
    message Service { string name = 1; }
    message Services { repeated Service service = 1; }
    message Failure { int32 code = 1; string message = 2; }
    message Response { Files files = 4; Services services = 6; Failure failure = 7; }`);
  const [request, response] = [root.lookupType('Request'), root.lookupType('Response')];
  const files = gymFiles();
  const answer = ({ file, symbol, list }: { file?: string; symbol?: string; list?: string }): object => {
    if (list) return { services: { service: [{ name: 'gravl.gym.Gym' }, { name: 'grpc.reflection.v1alpha.X' }] } };
    const found = files.find(({ name, package: of }) => name === file || (symbol ?? '').startsWith(`${of}.`));
    if (!found) return { failure: { code: 5, message: 'not found' } };
    return { files: { file: [descriptor.FileDescriptorProto.encode(found).finish()] } };
  };
  const path = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';
  server.addService(
    { ServerReflectionInfo: bytesMethod(path, true) },
    {
      ServerReflectionInfo: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        seen.push(`reflection ${call.metadata.get('x-own').join()}`);
        call.on('data', (bytes: Buffer) => {
          const asked = request.decode(bytes).toJSON();
          call.write(Buffer.from(response.encode(response.fromObject(answer(asked))).finish()));
        });
        call.on('end', () => {
          call.end();
        });
      },
    },
  );
}

/** @param credentials plain text when left out */
export async function grpcServer(credentials = grpc.ServerCredentials.createInsecure()): Promise<GrpcServer> {
  const server = new grpc.Server();
  const seen: string[] = [];
  addReflection(server, seen);
  server.addService(
    {
      Echo: bytesMethod('/gravl.gym.Gym/Echo', false),
      Name: bytesMethod('/gravl.gym.Gym/Name', false),
      Refuse: bytesMethod('/gravl.gym.Gym/Refuse', false),
      Talk: bytesMethod('/gravl.gym.Gym/Talk', true),
    },
    {
      Echo: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        const headers = new grpc.Metadata();
        headers.set('x-seen', call.metadata.get('x-own').join());
        call.sendMetadata(headers);
        const trailers = new grpc.Metadata();
        trailers.set('x-end', 'yes');
        seen.push(`${call.getHost()} ${call.metadata.get('x-own').join()}`);
        done(null, call.request, trailers);
      },
      Name: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        done(null, call.request);
      },
      Refuse: (_call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        done({ code: grpc.status.PERMISSION_DENIED, details: 'not you' });
      },
      Talk: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (bytes: Buffer) => call.write(bytes));
        call.on('end', () => {
          call.end();
        });
        call.on('error', () => undefined);
      },
    },
  );
  // grpc.health.v1: `status: SERVING` is field 1, varint 1.
  server.addService(
    { Check: bytesMethod('/grpc.health.v1.Health/Check', false) },
    {
      Check: (_call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        done(null, Buffer.of(8, 1));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    seen,
    address: `127.0.0.1:${port}`,
    close: () => {
      server.forceShutdown();
    },
  };
}
