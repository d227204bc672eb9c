/** Opens the connection of a gRPC client, under the network and TLS options of the run. */
import { createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import type grpc from '@grpc/grpc-js';
import type { AsyncOpHandler } from '../../contracts/host.ts';
import { nodeTls } from '../../http/tls-options.ts';
import { grpcPackage } from '../packages.ts';
import { type SocketSettings, socketSettings } from '../socket-settings.ts';
import { Family, metadataOf, refuse } from './clients.ts';
import { reflect } from './reflection.ts';
import type { GrpcConnect } from './types.ts';

function split(address: string): { host: string; port: string } {
  const { host = '', port = '' } = /^(?<host>.*?)(?::(?<port>[^:\]]*))?$/.exec(address)?.groups ?? {};
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

/** The address to dial: names go through the options `hosts`, `dns` and `blockHostnames`. */
function target(address: string, { resolve: resolver }: SocketSettings): Promise<string> {
  const { host, port } = split(address);
  if (!resolver || host === '') return Promise.resolve(address);
  return new Promise((resolve, reject) => {
    resolver(host, port, (error, { ip, port: to } = { ip: host, port: Number(port) }) => {
      if (error) reject(error);
      else resolve(`${isIP(ip) === 6 ? `[${ip}]` : ip}:${to}`);
    });
  });
}

function decrypted(key: string, passphrase: string): string {
  try {
    return createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (error) {
    throw new Error(`tls.password does not open tls.key: ${(error as Error).message}`);
  }
}

function credentialsOf({ tls, plaintext, address }: GrpcConnect, settings: SocketSettings): grpc.ChannelCredentials {
  const { credentials } = grpcPackage();
  if (plaintext) return credentials.createInsecure();
  const options = settings.tls(split(address).host);
  const rejectUnauthorized = options.rejectUnauthorized !== false;
  if (!tls) {
    const context = options.secureContext ?? nodeTls().createSecureContext(options);
    return credentials.createFromSecureContext(context, { rejectUnauthorized });
  }
  const { cert, key, password, cacerts } = tls;
  const context = nodeTls().createSecureContext({
    ca: cacerts.length > 0 ? [...cacerts] : [...nodeTls().rootCertificates],
    ...(cert !== '' && { cert, key: password === undefined ? key : decrypted(key, password) }),
  });
  return credentials.createFromSecureContext(context, { rejectUnauthorized });
}

function channelOptions(request: GrpcConnect, dialled: string, userAgent: string): grpc.ChannelOptions {
  const { address, authority, maxReceiveSize, maxSendSize } = request;
  const name = authority ?? (dialled === address ? undefined : address);
  return {
    'grpc.primary_user_agent': userAgent,
    // Each VU has connections of its own, as its HTTP client has.
    'grpc.use_local_subchannel_pool': 1,
    ...(name !== undefined && {
      'grpc.default_authority': name,
      'grpc.ssl_target_name_override': split(name).host,
    }),
    ...(maxReceiveSize !== undefined && { 'grpc.max_receive_message_length': maxReceiveSize }),
    ...(maxSendSize !== undefined && { 'grpc.max_send_message_length': maxSendSize }),
  };
}

function ready(connection: grpc.Client, address: string, deadline: number): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.waitForReady(deadline, (error) => {
      if (error) reject(new Error(`context deadline exceeded: connecting to ${address} failed`));
      else resolve();
    });
  });
}

export const connect: AsyncOpHandler<'grpc.connect'> = (io, request, done) => {
  const deadline = Date.now() + request.timeout;
  let opened: grpc.Client | undefined;
  let cancelled = false;
  const open = async (): Promise<undefined> => {
    const client = Family.of(io).client(request.client);
    const settings = socketSettings(io);
    const credentials = credentialsOf(request, settings);
    const dialled = await target(request.address, settings);
    if (cancelled) return undefined;
    client.close();
    client.address = request.address;
    const options = channelOptions(request, dialled, settings.userAgent);
    const connection = new (grpcPackage().Client)(dialled, credentials, options);
    opened = client.connection = connection;
    await ready(connection, request.address, deadline);
    if (request.reflect) {
      client.definitions.loadProtoset(await reflect(connection, metadataOf(request.reflect), deadline));
    }
    return undefined;
  };
  void open().then(
    (value) => {
      if (!cancelled) done({ ok: true, value });
    },
    (error: unknown) => {
      if (!cancelled) done(refuse(error));
    },
  );
  return () => {
    cancelled = true;
    opened?.close();
  };
};
