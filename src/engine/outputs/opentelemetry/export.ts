import type { PostTarget } from '../post.ts';
import { post } from '../post.ts';
import type { OtelConfig } from './config.ts';

/** Sends encoded exports somewhere. */
export interface Exporter {
  send(body: Uint8Array): Promise<void>;
  close(): void;
}

const METHOD = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
const TIMEOUT_MS = 10_000;

function httpExporter(config: OtelConfig, url: URL): Exporter {
  const target: PostTarget = {
    url,
    headers: { ...config.headers, 'content-type': 'application/x-protobuf' },
    tls: config.tls,
  };
  return { send: (body) => post(target, body), close: () => undefined };
}

async function grpcExporter(config: OtelConfig, endpoint: string, insecure: boolean): Promise<Exporter> {
  // Loaded when used, as the encoder is.
  const { Client, credentials, Metadata } = await import('@grpc/grpc-js');
  const { ca, key, cert, rejectUnauthorized } = config.tls;
  const secure = (): ReturnType<typeof credentials.createSsl> => {
    return credentials.createSsl(
      ca instanceof Buffer ? ca : null,
      key instanceof Buffer ? key : null,
      cert instanceof Buffer ? cert : null,
      { rejectUnauthorized: rejectUnauthorized !== false },
    );
  };
  const client = new Client(endpoint, insecure ? credentials.createInsecure() : secure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(config.headers)) metadata.set(name, value);
  return {
    send: (body) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          METHOD,
          (bytes: Uint8Array) => Buffer.from(bytes),
          (bytes: Buffer) => bytes,
          body,
          metadata,
          { deadline: Date.now() + TIMEOUT_MS },
          (error) => {
            if (error === null) resolve();
            else reject(new Error(`${endpoint}: ${error.message}`));
          },
        );
      }),
    close: () => client.close(),
  };
}

export async function createExporter(config: OtelConfig): Promise<Exporter> {
  const { exporter } = config;
  if (exporter.protocol === 'http') return httpExporter(config, exporter.url);
  return grpcExporter(config, exporter.endpoint, exporter.insecure);
}
