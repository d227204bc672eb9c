/** The go-live, step by step. */
import type { Declared } from '../declared.ts';
import type { Step } from '../model.ts';
import { applySteps } from './apply.ts';
import { preflightSteps } from './preflight.ts';
import { validateSteps } from './validate.ts';
import { watchSteps } from './watch.ts';

const steps: readonly Step[] = [...preflightSteps, ...applySteps, ...validateSteps, ...watchSteps];

/** With the owners that are declared. */
export const stepsOf = ({ owners }: Declared): Step[] =>
  steps.map((step) => ({ ...step, owner: owners[step.id] ?? step.owner }));
