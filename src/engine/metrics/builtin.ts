import type { MetricType, ValueKind } from '../contracts/metrics.ts';

/** The metrics every run knows, in the order of their ids: the same in every thread. */
export const BUILTIN_METRICS = [
  ['vus', 'gauge', 'default'],
  ['vus_max', 'gauge', 'default'],
  ['iterations', 'counter', 'default'],
  ['iteration_duration', 'trend', 'time'],
  ['dropped_iterations', 'counter', 'default'],
  ['checks', 'rate', 'default'],
  ['group_duration', 'trend', 'time'],
  ['http_reqs', 'counter', 'default'],
  ['http_req_failed', 'rate', 'default'],
  ['http_req_duration', 'trend', 'time'],
  ['http_req_blocked', 'trend', 'time'],
  ['http_req_connecting', 'trend', 'time'],
  ['http_req_tls_handshaking', 'trend', 'time'],
  ['http_req_sending', 'trend', 'time'],
  ['http_req_waiting', 'trend', 'time'],
  ['http_req_receiving', 'trend', 'time'],
  ['ws_sessions', 'counter', 'default'],
  ['ws_msgs_sent', 'counter', 'default'],
  ['ws_msgs_received', 'counter', 'default'],
  ['ws_ping', 'trend', 'time'],
  ['ws_session_duration', 'trend', 'time'],
  ['ws_connecting', 'trend', 'time'],
  ['grpc_req_duration', 'trend', 'time'],
  ['grpc_streams', 'counter', 'default'],
  ['grpc_streams_msgs_sent', 'counter', 'default'],
  ['grpc_streams_msgs_received', 'counter', 'default'],
  ['data_sent', 'counter', 'data'],
  ['data_received', 'counter', 'data'],
  ['http_req_duration@intended', 'trend', 'time'],
] as const satisfies readonly (readonly [string, MetricType, ValueKind])[];

/**
 * Metrics for the outputs that ask for them by name, unknown to k6: no summary, threshold or other output sees them.
 * Scripts cannot make metrics with such names. `http_req_duration@intended` counts from the moment an arrival-rate
 * executor should have begun the iteration.
 */
export const isInternalMetric = (name: string): boolean => name.includes('@');

export type BuiltinMetricName = (typeof BUILTIN_METRICS)[number][0];
