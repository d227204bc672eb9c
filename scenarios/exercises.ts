/** The exercise catalogue: the list, a filtered list and one exercise by id take turns, a request an iteration. */
import { get, plan, think } from '../src/suite/client.ts';
import { endpoints } from '../src/suite/endpoints.ts';
import { optionsOf } from '../src/suite/script.ts';
import { exercisesOf, isExercise } from '../src/suite/shapes.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf('exercises');

const muscles = ['chest', 'back', 'legs', 'shoulders', 'arms', 'core'];
let turn = 0;
let knownIds: readonly (string | number)[] = [];

export function listExercises(): void {
  get(endpoints.list, `${plan.apiUrl}/api/exercises?limit=50`, 'application/json', {
    'has exercises': (body) => {
      knownIds = exercisesOf(body)?.map((exercise) => exercise.id) ?? [];
      return knownIds.length > 0;
    },
  });
}

export function filterExercises(): void {
  const muscle = pick(muscles);
  get(endpoints.filter, `${plan.apiUrl}/api/exercises?muscle=${muscle}&limit=20`, 'application/json', {
    'all match the filter': (body) => exercisesOf(body)?.every((exercise) => exercise.muscle === muscle) ?? false,
  });
}

/** One exercise that the list named; the list itself as long as it has named none. */
export function oneExercise(): void {
  const id = pick(knownIds);
  if (id === undefined) {
    listExercises();
    return;
  }
  get(endpoints.detail, `${plan.apiUrl}/api/exercises/${id}`, 'application/json', {
    'is the exercise asked for': (body) => isExercise(body) && body.id === id,
  });
}

const turns = [listExercises, filterExercises, oneExercise];

export default function exercises(): void {
  turns[turn++ % turns.length]?.();
  think();
}

function pick<T>(from: readonly T[]): T | undefined {
  return from[Math.floor(Math.random() * from.length)];
}
