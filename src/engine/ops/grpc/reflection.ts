/** Asks a server for the definitions of its services: the gRPC server reflection protocol. */
import type grpc from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import { descriptorPackage, grpcPackage, protobufPackage } from '../packages.ts';

/** The part of the protocol that is needed here; both of its versions look like this on the wire. */
const PROTOCOL = `syntax = "proto3";
message Request { string host = 1; oneof what { string by_name = 3; string by_symbol = 4; string services = 7; } }
message Files { repeated bytes file = 1; }
message Service { string name = 1; }
message Services { repeated Service service = 1; }
message Failure { int32 code = 1; string message = 2; }
message Response { Files files = 4; Services services = 6; Failure failure = 7; }`;
const VERSIONS = ['v1', 'v1alpha'] as const;

interface Answer {
  readonly files?: { readonly file?: readonly Uint8Array[] };
  readonly services?: { readonly service?: readonly { readonly name: string }[] };
  readonly failure?: { readonly message: string };
}
type Question = Readonly<Partial<Record<'byName' | 'bySymbol' | 'services', string>>>;

class ReflectionError extends Error {
  readonly code: grpc.status;
  constructor({ code, details }: Pick<grpc.ServiceError, 'code' | 'details'>) {
    const name = Object.keys(grpcPackage().status).find((key) => Reflect.get(grpcPackage().status, key) === code);
    const words = (name ?? '').split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
    super(`error invoking reflect API: rpc error: code = ${words.join('')} desc = ${details}`);
    this.code = code;
  }
}

/** One conversation with the server: an answer for each question, in order. */
class Conversation {
  readonly #call: grpc.ClientDuplexStream<Buffer, Buffer>;
  readonly #request: protobuf.Type;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];

  constructor(connection: grpc.Client, version: string, metadata: grpc.Metadata, deadline: number) {
    const { root } = protobufPackage().parse(PROTOCOL, new (protobufPackage().Root)());
    this.#request = root.lookupType('Request');
    const response = root.lookupType('Response');
    const same = (bytes: Buffer) => bytes;
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    this.#call = connection.makeBidiStreamRequest(path, same, same, metadata, { deadline });
    this.#call.on('data', (bytes: Buffer) => this.#waiting.shift()?.resolve(response.decode(bytes) as Answer));
    this.#call.on('error', (error: grpc.ServiceError) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new ReflectionError(error));
    });
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#call.write(Buffer.from(this.#request.encode(this.#request.create(question)).finish()));
    });
  }

  end(): void {
    this.#call.end();
  }
}

/** Files with all that they import, as a FileDescriptorSet on the wire. */
async function descriptorSet(conversation: Conversation): Promise<Uint8Array> {
  const { FileDescriptorProto, FileDescriptorSet } = descriptorPackage();
  const files = new Map<string, object>();
  const wanted = new Set<string>();
  const take = ({ files: found, failure }: Answer, what: string): void => {
    if (failure) throw new Error(`error invoking reflect API: ${what}: ${failure.message}`);
    for (const bytes of found?.file ?? []) {
      const file = FileDescriptorProto.decode(bytes) as { name?: string; dependency?: string[] };
      files.set(file.name ?? '', file);
      for (const name of file.dependency ?? []) wanted.add(name);
    }
  };
  const { services } = await conversation.ask({ services: '*' });
  for (const { name } of services?.service ?? []) {
    if (!name.startsWith('grpc.reflection.')) take(await conversation.ask({ bySymbol: name }), name);
  }
  for (const name of wanted) {
    if (!files.has(name)) take(await conversation.ask({ byName: name }), name);
  }
  return FileDescriptorSet.encode({ file: [...files.values()] }).finish();
}

/** @param deadline milliseconds since 1970 */
export async function reflect(connection: grpc.Client, metadata: grpc.Metadata, deadline: number): Promise<Uint8Array> {
  let refusal: unknown;
  for (const version of VERSIONS) {
    const conversation = new Conversation(connection, version, metadata, deadline);
    try {
      return await descriptorSet(conversation);
    } catch (error) {
      refusal = error;
      if (!(error instanceof ReflectionError && error.code === grpcPackage().status.UNIMPLEMENTED)) break;
    } finally {
      conversation.end();
    }
  }
  throw refusal;
}
