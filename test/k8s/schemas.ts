/** Strict validation as the API server does it: CRD schemas where unknown fields are errors, and the core kinds' own. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseAllDocuments } from 'yaml';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  [key: string]: unknown;
}

const dir = path.resolve(import.meta.dirname, '../fixtures/crds');

/** Server-side strictness: what a structural schema does not name would be pruned, so it is an error here. */
function close(schema: Schema): Schema {
  if (schema.properties !== undefined) {
    for (const child of Object.values(schema.properties)) close(child);
    if (schema.additionalProperties === undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      schema.additionalProperties = false;
    }
  }
  if (schema.items !== undefined) close(schema.items);
  if (typeof schema.additionalProperties === 'object') close(schema.additionalProperties);
  return schema;
}

export function crdValidators(): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const found = new Map<string, ValidateFunction>();
  for (const file of readdirSync(dir)) {
    for (const document of parseAllDocuments(readFileSync(path.join(dir, file), 'utf8'))) {
      const crd = document.toJS() as {
        spec: {
          group: string;
          names: { kind: string };
          versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
        };
      } | null;
      if (crd === null) continue;
      for (const version of crd.spec.versions) {
        const schema = close(version.schema.openAPIV3Schema);
        schema.properties = { ...schema.properties, metadata: { type: 'object' } };
        found.set(`${crd.spec.group}/${version.name}/${crd.spec.names.kind}`, ajv.compile(schema));
      }
    }
  }
  return found;
}
