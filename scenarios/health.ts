/** GET /health: the service is up and says which version it is. */
import { get, plan, think } from '../src/suite/client.ts';
import { endpoints } from '../src/suite/endpoints.ts';
import { optionsOf } from '../src/suite/script.ts';
import { isHealthy } from '../src/suite/shapes.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf('health');

export default function health(): void {
  get(endpoints.health, `${plan.apiUrl}/health`, 'application/json', { 'is healthy': isHealthy });
  think();
}
