/** The services a client knows: from .proto files, a protoset or the server itself. */
import type protobuf from 'protobufjs';
import { descriptorPackage, protobufPackage } from '../packages.ts';
import { fromJson, toJson } from './json.ts';
import type { GrpcMethod, Pairs } from './types.ts';

const HEALTH = `syntax = "proto3"; package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; } ServingStatus status = 1; }
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }`;

export interface Callable {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly encode: (json: string) => Buffer;
  readonly decode: (bytes: Buffer) => string;
}

export class Definitions {
  readonly #methods = new Map<string, protobuf.Method>();

  constructor() {
    const root = new (protobufPackage().Root)();
    protobufPackage().parse(HEALTH, root);
    this.#add(root);
  }

  load(files: Pairs): GrpcMethod[] {
    const protobuf = protobufPackage();
    const root = new protobuf.Root();
    for (const [name, text] of files) {
      const known = protobuf.common.get(name);
      if (known?.nested) root.addJSON(known.nested);
      else protobuf.parse(text, root);
    }
    return this.#add(root);
  }

  /** @param set a FileDescriptorSet on the wire */
  loadProtoset(set: Uint8Array): GrpcMethod[] {
    descriptorPackage();
    return this.#add(protobufPackage().Root.fromDescriptor(set));
  }

  #add(root: protobuf.Root): GrpcMethod[] {
    root.resolveAll();
    return this.#index(root);
  }

  #index(namespace: protobuf.NamespaceBase): GrpcMethod[] {
    const { Namespace, Service } = protobufPackage();
    const found: GrpcMethod[] = [];
    for (const object of namespace.nestedArray) {
      if (object instanceof Service) {
        for (const method of object.methodsArray) {
          const service = object.fullName.slice(1);
          const fullMethod = `/${service}/${method.name}`;
          this.#methods.set(fullMethod, method);
          found.push({
            fullMethod,
            package: service.split('.').slice(0, -1).join('.'),
            service: object.name,
            isClientStream: method.requestStream === true,
            isServerStream: method.responseStream === true,
          });
        }
      } else if (object instanceof Namespace) {
        found.push(...this.#index(object));
      }
    }
    return found;
  }

  /** @param name the leading slash may be left out */
  method(name: string): Callable {
    const path = name.startsWith('/') ? name : `/${name}`;
    const { resolvedRequestType: request, resolvedResponseType: response } = this.#methods.get(path) ?? {};
    if (!request || !response) throw new Error(`method "${path}" not found in file descriptors`);
    return {
      path,
      encode: (json) => {
        try {
          return Buffer.from(request.encode(fromJson(request, json)).finish());
        } catch (error) {
          const { message } = error as Error;
          throw new Error(`unable to serialise request object to protocol buffer: proto: ${message}`);
        }
      },
      decode: (bytes) => JSON.stringify(toJson(response, response.decode(bytes))),
    };
  }
}
