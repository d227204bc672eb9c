/** GET /health: the service is up and says which version it is. */
import { get, plan, think } from '../src/suite/client.ts';
import { endpoints } from '../src/suite/endpoints.ts';
import { isHealthy } from '../src/suite/shapes.ts';

export { handleSummary, options } from '../src/suite/script.ts';

export default function health(): void {
  get(endpoints.health, `${plan.apiUrl}/health`, 'application/json', { 'is healthy': isHealthy });
  think();
}
