/** One control plane for all files of `npm run test:cluster`; each file makes namespaces or objects of its own. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { parseAllDocuments } from 'yaml';
import { openCluster } from '../../../src/cluster/client.ts';
import { apiOf, type ApiObject } from '../../../src/cluster/objects.ts';
// @ts-expect-error -- a script without types
import { buildApiServer } from '../../../scripts/build-apiserver.mjs';
import buildBins from '../../global-setup.ts';
import { startControlPlane } from './control-plane.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Empty: the suite is skipped. */
    apiServer: string;
    kubeconfig: string;
    certs: string;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  buildBins();
  let apiServer = '';
  try {
    if (spawnSync('etcd', ['--version']).status !== 0) throw new Error('needs etcd (apt-get install etcd-server)');
    apiServer = (buildApiServer as () => string)();
  } catch (error) {
    // Whoever has no Go still runs everything else; CI shows the line.
    console.error(`cluster suite skipped: ${(error as Error).message}`);
  }
  project.provide('apiServer', apiServer);
  if (apiServer === '') {
    project.provide('kubeconfig', '');
    project.provide('certs', '');
    return undefined;
  }
  const plane = await startControlPlane(apiServer);
  await installDefinitions(plane.kubeconfig);
  project.provide('kubeconfig', plane.kubeconfig);
  project.provide('certs', path.join(plane.dir, 'certs'));
  return () => plane.stop();
}

/** The CustomResourceDefinitions of the operators that our manifests speak to. */
export async function installDefinitions(kubeconfig: string): Promise<void> {
  const api = apiOf(openCluster('admin', kubeconfig));
  const dir = path.resolve(import.meta.dirname, '../../fixtures/crds');
  for (const file of readdirSync(dir)) {
    for (const document of parseAllDocuments(readFileSync(path.join(dir, file), 'utf8'))) {
      if (document.contents !== null) await api.apply(document.toJS() as ApiObject);
    }
  }
}
