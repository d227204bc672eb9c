/** Options that the commands around a release share. */
import { z } from 'zod';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';

/** Any text, or nothing. */
export const textOption = (flags: string, help: string) =>
  option<string | undefined>({ flags, help, schema: value.text, fallback: undefined });

export const kubeconfig = textOption('--kubeconfig <file>', 'kubeconfig, instead of KUBECONFIG or ~/.kube/config');

/** What the gates look at, and for which environment. */
export const gateOptions = {
  env: option<'staging' | 'production'>({
    flags: '--env <name>',
    help: 'environment: staging or production',
    schema: z.enum(['staging', 'production'], 'must be staging or production'),
    fallback: 'production',
  }),
  kubeconfig,
  tls: option<string | undefined>({
    flags: '--tls <host:port>',
    help: 'connect there and judge certificate and protocols',
    schema: z
      .string()
      .regex(/^(\[[\da-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'must be HOST:PORT, such as gravl.app:443')
      .refine((place) => Number(place.split(':').at(-1)) <= 65535, 'must have a port up to 65535'),
    fallback: undefined,
  }),
  scan: option<string[]>({
    flags: '--scan <file>',
    help: 'JSON report of Trivy, Grype or Snyk; repeatable',
    schema: value.names,
    fallback: [],
    repeatable: true,
  }),
  waivers: textOption('--waivers <file>', 'gates that are waived: who, why, until when'),
};
