import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret } from '../../model/index.ts';
import type { ServiceLinks } from './services.ts';

/** What pods refer to, from a cache that is filled: absent means that it does not exist. */
export interface Sources {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  readonly serviceLinks: ServiceLinks;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
}

/** `configmap/NAMESPACE/NAME`: what a container waits for. */
export type SourceKey = string;

export const sourceKey = {
  configMap: (namespace: string, name: string): SourceKey => `configmap/${namespace}/${name}`,
  secret: (namespace: string, name: string): SourceKey => `secret/${namespace}/${name}`,
  claim: (namespace: string, name: string): SourceKey => `claim/${namespace}/${name}`,
};
