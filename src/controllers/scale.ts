import { isStatus } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import type { KindRef, Manifest } from '../model/index.ts';

/** `autoscaling/v1 Scale`: where the numbers are in the object is for its kind to say. */
export interface Scale {
  readonly metadata: { readonly uid?: string };
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly selector?: string };
}

/** Undefined where there is no such object. Throws NotFound where its kind is not scaled. */
export async function readScale(
  client: Client,
  kind: KindRef<Manifest>,
  name: string,
  namespace: string | undefined,
): Promise<Scale | undefined> {
  try {
    return (await client.read({ kind, name, namespace, subresource: 'scale' })) as unknown as Scale;
  } catch (error) {
    if (isStatus(error, 'NotFound') && error.details?.name === name) return undefined;
    throw error;
  }
}
