import type { Agent, RequestOptions } from 'node:https';
import { messageOf, randomUid, type Clock, type Random } from '../../base/index.ts';
import { SERVICES, type Service } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { storeKey } from '../verbs/place.ts';
import { readAnswer, type Answer } from './answer.ts';
import type { Ask } from './hearing.ts';
import type { Hook } from './hooks.ts';
import { post } from './post.ts';

/** Asks a webhook. That it could not be asked is an answer too. */
export type CallWebhook = (ask: Ask) => Promise<Answer>;

export interface CallerOptions {
  readonly random: Random;
  readonly clock: Clock;
  readonly store: Store;
}

const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1'];
const MOST_CONNECTIONS = 100;

/** Asks over HTTPS, on connections that are kept. */
export function webhookCaller({ random, clock, store }: CallerOptions): CallWebhook & { close(): void } {
  // Who has no webhooks does not pay for it.
  let agent: Agent | undefined;
  const opened = () => (agent ??= new (process.getBuiltinModule('node:https').Agent)({ keepAlive: true, maxSockets: MOST_CONNECTIONS }));

  const call: CallWebhook = async ({ hook, mutating, request }) => {
    const { timeoutSeconds: seconds = 10, admissionReviewVersions: versions } = hook.webhook;
    const uid = randomUid(random);
    const apiVersion = `admission.k8s.io/${versions?.find((version) => REVIEW_VERSIONS.includes(version)) ?? 'v1'}`;
    const late = new AbortController();
    const timer = clock.after(seconds * 1000, () => late.abort());
    try {
      const url = addressOf(hook, `timeout=${seconds}s`);
      const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion, request: { uid, ...request } });
      const review = await post(url, () => ({ ...routeOf(hook, store), agent: opened(), signal: late.signal }), body);
      return readAnswer(review, { apiVersion, uid, mutating });
    } catch (error) {
      return { failure: messageOf(error) };
    } finally {
      timer.cancel();
    }
  };
  return Object.assign(call, { close: () => agent?.destroy() });
}

function addressOf({ webhook: { clientConfig = {} } }: Hook, query: string): string {
  const { url = '', service } = clientConfig;
  if (!service) return `${url}${url.includes('?') ? '&' : '?'}${query}`;
  const { namespace, name, port = 443, path = '' } = service;
  return `https://${name}.${namespace}.svc:${port}/${path.replace(/^\//, '')}?${query}`;
}

/** Where the connection goes and whom it trusts: a Service is known by its name, and reached at its address. */
function routeOf({ webhook: { clientConfig = {} } }: Hook, store: Store): RequestOptions {
  const { service, caBundle } = clientConfig;
  const trust = caBundle ? { ca: Buffer.from(caBundle, 'base64').toString() } : {};
  if (!service) return trust;
  const { namespace, name, port = 443 } = service;
  const found = store.get(storeKey(SERVICES, `${namespace}/${name}`));
  const spec = (found?.value as Service | undefined)?.spec;
  if (!spec) throw new Error(`service ${JSON.stringify(name)} not found`);
  if (!spec.ports?.some((each) => each.port === port)) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const hostname = spec.type === 'ExternalName' ? spec.externalName : spec.clusterIP;
  if (!hostname || hostname === 'None') throw new Error(`service ${JSON.stringify(name)} has no cluster IP`);
  return { ...trust, hostname, port, servername: `${name}.${namespace}.svc` };
}
