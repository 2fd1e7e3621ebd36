import { messageOf } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { controllerReference, PODS, type KindRef, type KubeObject, type Pod, type PodTemplateSpec } from '../model/index.ts';
import type { EventRecorder } from '../status/index.ts';
import { ignoreNotFound } from './claims.ts';
import { isNamespaceTerminating } from './refusals.ts';

/** Who makes and removes pods, and is told of it. */
export interface PodOwner {
  readonly kind: KindRef<KubeObject>;
  readonly object: KubeObject;
}

export interface PodWriter {
  create(owner: PodOwner, pod: Pod): Promise<void>;
  remove(owner: PodOwner, pod: Pod): Promise<void>;
}

/** Makes and removes pods, and tells their owner's events of it. */
export function podWriter(client: Client, events: EventRecorder): PodWriter {
  return {
    create: async (owner, pod) => {
      try {
        const { metadata } = await client.create(PODS, pod);
        events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${metadata.name}`);
      } catch (error) {
        if (!isNamespaceTerminating(error)) events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    },
    remove: async (owner, { metadata: { name, namespace, uid } }) => {
      try {
        await client.delete({ kind: PODS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
        events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}

/** The server completes a generated name, of which it keeps this much. */
export const LONGEST_BASE = 58;

/** A pod of the template; its name is the server's to choose. */
export function podOf({ kind, object }: PodOwner, { metadata, spec }: PodTemplateSpec, base = object.metadata.name): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${base}-`.slice(0, LONGEST_BASE),
      namespace: object.metadata.namespace!,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata?.finalizers ? { finalizers: metadata.finalizers } : {}),
      ownerReferences: [controllerReference(object, kind)],
    },
    spec,
  };
}
