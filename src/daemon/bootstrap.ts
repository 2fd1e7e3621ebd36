import type { Client } from '../client/index.ts';
import { isStatus } from '../base/index.ts';
import { NAMESPACES, SYSTEM_NAMESPACE } from '../model/index.ts';

/** The namespaces that every cluster begins with, and ours. */
const FIRST_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system', SYSTEM_NAMESPACE];

export async function bootstrap(client: Client): Promise<void> {
  for (const name of FIRST_NAMESPACES) {
    try {
      await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }
}
