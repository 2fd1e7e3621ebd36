import { messageOf } from '../../base/index.ts';
import { INGRESS_CLASSES, INGRESSES } from '../../model/index.ts';
import { ingressesOfOurs } from './classes.ts';
import type { IngressOptions, IngressService } from './start.ts';

export interface NeededIngressOptions extends IngressOptions {
  /** Told once, when the doors have been opened. */
  readonly opened?: (service: IngressService) => void;
}

/** Opens the doors when the first Ingress needs them: until then neither the proxy nor its libraries are in memory. */
export function startIngress(options: NeededIngressOptions): void {
  const { client, scope, log, opened = () => {} } = options;
  const [ingresses, classes] = [client.informer(INGRESSES), client.informer(INGRESS_CLASSES)];
  let isNeeded = false;
  const subscriptions: { close(): void }[] = [];
  const look = () => {
    if (isNeeded || scope.closed || ingressesOfOurs(ingresses.list(), classes.list()).length === 0) return;
    isNeeded = true;
    for (const subscription of subscriptions) subscription.close();
    scope.spawn(
      async () => {
        const { serveIngresses } = await import('./start.ts');
        if (!scope.closed) opened(await serveIngresses(options));
      },
      (error) => log.error({ error: messageOf(error) }, 'ingress cannot be served'),
    );
  };
  subscriptions.push(ingresses.subscribe(look), classes.subscribe(look));
  scope.defer(() => subscriptions.forEach((subscription) => subscription.close()));
}
