/**
 * Where clouds tell a machine its secrets: addresses that no load may ever reach, whatever a name resolves to or a
 * redirection says. Link-local ranges, and the fixed addresses of AWS (IPv6), Alibaba, Azure and Oracle.
 */
export const metadataRanges: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  // The same, as networks with IPv6 only write it (NAT64).
  '64:ff9b::a9fe:0/112',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
];

/** Their names; the engines' resolvers cannot be trusted to find them out. */
export const metadataNames: readonly string[] = [
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
];
