/** The package `gravl-load/suite`: what scenarios outside of this repository are written with. Runs inside k6. */
export { get, plan, send, think, type BodyChecks, type SendOptions, type TextResponse } from './client.ts';
export { endpoints, type Endpoint } from './endpoints.ts';
export { authorised } from './request.ts';
export { handleSummary, optionsOf } from './script.ts';
export { exercisesOf, hasFields, isExercise, isHealthy, isPrometheusText, type Exercise } from './shapes.ts';
export { takeTurns } from './turns.ts';
