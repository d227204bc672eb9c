/** The constants of k6/net/grpc. */
const NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export const STATUS: Readonly<Record<string, number>> = Object.fromEntries(
  NAMES.map((name, code) => [`Status${name}`, code]),
);

export const HEALTH: Readonly<Record<string, string>> = {
  HealthCheckNotServing: 'NOT_SERVING',
  HealthCheckServiceUnkown: 'SERVICE_UNKNOWN',
  HealthCheckServing: 'SERVING',
  HealthCheckUnknown: 'UNKNOWN',
};
