/** What a person does: opens the app, looks through the exercises, filters them, reads about one. */
import { get, plan, think } from '../src/suite/client.ts';
import { endpoints } from '../src/suite/endpoints.ts';
import { optionsOf } from '../src/suite/script.ts';
import { isHealthy } from '../src/suite/shapes.ts';
import { filterExercises, listExercises, oneExercise } from './exercises.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf('journey');

export default function journey(): void {
  get(endpoints.health, `${plan.apiUrl}/health`, 'application/json', { 'is healthy': isHealthy });
  think();
  for (const step of [listExercises, filterExercises, oneExercise]) {
    step();
    think();
  }
}
