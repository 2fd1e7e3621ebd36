import type { Answer } from '../../../src/apiserver/webhooks/answer.ts';
import type { Ask } from '../../../src/apiserver/webhooks/hearing.ts';
import { MUTATING_WEBHOOK_CONFIGURATION, VALIDATING_WEBHOOK_CONFIGURATION, type Webhook } from '../../../src/model/index.ts';
import type { ControlPlane } from '../../tools/control-plane.ts';

type Asked = Ask['request'] & { readonly object: any; readonly oldObject: any; readonly operation: string; readonly name: string };

type Said = Partial<Exclude<Answer, { failure: string }>> | { failure: string };
export type Say = (request: Asked, present: number) => Said | Promise<Said>;

/** Webhooks that answer in another turn, as theirs do, and are no servers. */
export class Webhooks {
  readonly asked: Asked[] = [];
  readonly #says = new Map<string, Say>();

  readonly call = async ({ hook, request }: Ask): Promise<Answer> => {
    this.asked.push(request as Asked);
    const said = await this.#says.get(hook.webhook.name)!(request as Asked, this.asked.length);
    return 'failure' in said ? said : { allowed: true, status: undefined, warnings: [], patch: [], ...said };
  };

  async add(plane: ControlPlane, door: 'mutating' | 'validating', name: string, say: Say, more: object = {}): Promise<void> {
    this.#says.set(name, say);
    const kind = door === 'mutating' ? MUTATING_WEBHOOK_CONFIGURATION : VALIDATING_WEBHOOK_CONFIGURATION;
    const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
    const webhook = {
      name,
      clientConfig: { url: 'https://webhook.test/' },
      rules: [rule],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...more,
    };
    const { group, version, kind: named } = kind;
    const configuration = { apiVersion: `${group}/${version}`, kind: named, metadata: { name }, webhooks: [webhook as Webhook] };
    await plane.client.create(kind, configuration);
  }
}
