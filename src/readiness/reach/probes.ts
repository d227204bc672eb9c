/** `reach --json-in`: a network and probes as one JSON document, answers in the order of the probes. */
import { z } from 'zod';
import { Reachability, UnknownEndpointError } from './evaluate.ts';
import { networkSchema, probeSchema } from './model.ts';

export const probeDocumentSchema = networkSchema.extend({ probes: z.array(probeSchema).default([]) });

export interface ProbeAnswer {
  /** Null when Kubernetes leaves it undefined or an endpoint does not exist; `why` tells. */
  readonly allowed: boolean | null;
  readonly ingress: boolean | null;
  readonly egress: boolean | null;
  readonly why: string;
}

export function answerProbes(document: z.infer<typeof probeDocumentSchema>): { results: ProbeAnswer[] } {
  const reach = new Reachability(document);
  const results = document.probes.map((probe): ProbeAnswer => {
    try {
      const { answer, ingress, egress, why } = reach.probe(probe);
      return { allowed: asBoolean(answer), ingress: asBoolean(ingress.answer), egress: asBoolean(egress.answer), why };
    } catch (error) {
      if (!(error instanceof UnknownEndpointError)) throw error;
      return { allowed: null, ingress: null, egress: null, why: error.message };
    }
  });
  return { results };
}

const asBoolean = (answer: 'allowed' | 'denied' | 'unknown'): boolean | null =>
  answer === 'unknown' ? null : answer === 'allowed';
