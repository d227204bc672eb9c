/** What the stand-in tells Prometheus. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Behaviour } from './behaviour.ts';

const routes = ['/health', '/api/exercises', '/api/exercises/:id'];

export interface TargetMetrics {
  readonly registry: Registry;
  observe(method: string, route: string, status: number, seconds: number): void;
}

export function makeMetrics(behaviour: Behaviour): TargetMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of the answer.',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  // A counter that is not there yet looks like one that was lost: it begins at zero.
  for (const route of routes) requests.inc({ method: 'GET', route, status: 200 }, 0);
  gauge('gravl_requests_in_flight', 'API requests being served.', () => behaviour.inFlight);
  gauge('gravl_requests_queued', 'API requests waiting for a free place.', () => behaviour.queued);
  return {
    registry,
    observe(method, route, status, seconds) {
      requests.inc({ method, route, status });
      durations.observe({ method, route, status }, seconds);
    },
  };
}
