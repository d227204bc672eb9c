/** A gRPC server on loopback for `test/fixtures/grpc/gym.proto`: passes bytes back, adds metadata. */
import grpc from '@grpc/grpc-js';

export interface GrpcServer {
  readonly address: string;
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

export async function grpcServer(): Promise<GrpcServer> {
  const server = new grpc.Server();
  server.addService(
    {
      Echo: bytesMethod('/gravl.gym.Gym/Echo', false),
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
        done(null, call.request, trailers);
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
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      server.forceShutdown();
    },
  };
}
