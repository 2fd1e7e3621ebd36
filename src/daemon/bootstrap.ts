import type { Client } from '../client/index.ts';
import { isStatus } from '../base/index.ts';
import {
  INGRESS_CLASSES,
  NAMESPACES,
  PRIORITY_CLASSES,
  SYSTEM_NAMESPACE,
  SYSTEM_PRIORITIES,
  type KindRef,
  type KubeObject,
} from '../model/index.ts';
import { CONTROLLER } from '../network/index.ts';

/** The namespaces that every cluster begins with, and ours. */
const FIRST_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system', SYSTEM_NAMESPACE];

/** Of Ingresses that name none. */
const OWN_INGRESS_CLASS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'slipway', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  spec: { controller: CONTROLLER },
};

/** What they are for, beside what they weigh. */
const SYSTEM_CLASSES: Readonly<Record<string, string>> = {
  'system-cluster-critical': 'For pods that the cluster cannot do without, on whichever node they run.',
  'system-node-critical': 'For pods that their node cannot do without.',
};

export async function bootstrap(client: Client): Promise<void> {
  for (const name of FIRST_NAMESPACES) await createOnce(client, NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await createOnce(client, INGRESS_CLASSES, OWN_INGRESS_CLASS);
  for (const [name, description] of Object.entries(SYSTEM_CLASSES)) {
    const about = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name } };
    await createOnce(client, PRIORITY_CLASSES, { ...about, value: SYSTEM_PRIORITIES[name]!, description });
  }
}

async function createOnce<T extends KubeObject>(client: Client, kind: KindRef<T>, object: T): Promise<void> {
  try {
    await client.create(kind, object);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
  }
}
