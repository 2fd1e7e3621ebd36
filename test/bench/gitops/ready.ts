import { join } from 'node:path';
import { systemClock } from '../../../src/base/index.ts';
import { httpClient, loadKubeconfig } from '../../../src/client/index.ts';
import { DEPLOYMENTS } from '../../../src/model/index.ts';
import type { ManifestRepository } from './repository.ts';

const REPLICAS = 3;

/** How long after a commit that asks for pods all of them are ready, for each of these manifests, which are Deployments. */
export async function readyAfterCommit(repository: ManifestRepository, dataDir: string, manifests: readonly number[]): Promise<number[]> {
  const client = httpClient(loadKubeconfig({ path: join(dataDir, 'kubeconfig') }), { manager: 'bench', clock: systemClock });
  const times: number[] = [];
  for (const n of manifests) {
    await systemClock.sleep(200);
    const { resourceVersion } = await client.list(DEPLOYMENTS, { namespace: 'default', limit: 1 });
    const end = new AbortController();
    const ready = (async () => {
      for await (const event of client.watch(DEPLOYMENTS, { namespace: 'default', resourceVersion }, end.signal)) {
        const { object } = event as { object: typeof DEPLOYMENTS.example & object };
        if (event.type === 'MODIFIED' && object.metadata.name === `app-${n}` && object.status?.readyReplicas === REPLICAS) break;
      }
      return performance.now();
    })();
    repository.write(n, '', REPLICAS);
    repository.commit();
    const committed = performance.now();
    times.push((await ready) - committed);
    end.abort();
  }
  await client.close();
  return times;
}
