import { equalJson, isStatus } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import type { KindRef, KubeObject } from '../model/index.ts';

/** Writes nothing when all is as it should be. */
export async function keep<T extends KubeObject>(client: Client, kind: KindRef<T>, wanted: T): Promise<void> {
  try {
    await client.create(kind, wanted);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    const { name, namespace } = wanted.metadata;
    const live = await client.get<T>(kind, name, namespace);
    const next = { ...live, ...wanted, metadata: { ...live.metadata, labels: wanted.metadata.labels } };
    if (!equalJson(next, live)) await client.update(kind, next);
  }
}
