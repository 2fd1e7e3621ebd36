/** Fills the Secrets by which programs outside the cluster keep the token of a ServiceAccount, and removes them with it. */
import { isStatus } from '../../base/index.ts';
import {
  SECRETS,
  SERVICE_ACCOUNTS,
  type Manifest,
  type ObjectKey,
  type Secret,
  type ServiceAccount,
  type TokenRequest,
} from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

/** The most that may be asked for: such a token ends with its Secret. */
const SECONDS = 2 ** 32;

const BY_ACCOUNT = 'account';

const encoded = (text: string) => Buffer.from(text).toString('base64');

function accountKey({ type, metadata }: Secret): ObjectKey | undefined {
  const name = type === TYPE ? metadata.annotations?.[NAME] : undefined;
  return name ? `${metadata.namespace}/${name}` : undefined;
}

export function accountTokenController(rootCa: Promise<string>): Controller {
  return {
    name: 'serviceaccount-token',
    component: 'tokens-controller',
    reads: [SECRETS, SERVICE_ACCOUNTS],
    concurrency: 1,
    start: ({ client }) => {
      const secrets = client.informer<Secret>(SECRETS);
      const accounts = client.informer<ServiceAccount>(SERVICE_ACCOUNTS);
      secrets.index(BY_ACCOUNT, (secret) => [accountKey(secret)].filter((key) => key !== undefined));

      const newToken = async ({ metadata }: Secret, account: ServiceAccount): Promise<string> => {
        const { name, uid } = metadata;
        const spec = { expirationSeconds: SECONDS, boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid } };
        const { namespace, name: accountName } = account.metadata;
        const target = { kind: SERVICE_ACCOUNTS, namespace, name: accountName, subresource: 'token' };
        const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec } as unknown as Manifest;
        const answer = (await client.post(target, request)) as unknown as TokenRequest;
        return answer.status!.token;
      };

      return {
        triggers: [
          on(SECRETS, ({ after }) => (after && accountKey(after as Secret) ? [`${after.metadata.namespace}/${after.metadata.name}`] : [])),
          on(SERVICE_ACCOUNTS, ({ before, after }) => {
            const { namespace, name } = (after ?? before)!.metadata;
            return secrets.by(BY_ACCOUNT, `${namespace}/${name}`).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
          }),
        ],
        reconcile: async (key: ObjectKey) => {
          const secret = secrets.get(key);
          const wanted = secret && accountKey(secret);
          if (!wanted || secret.metadata.deletionTimestamp) return SETTLED;
          const { metadata, data = {} } = secret;
          const account = accounts.get(wanted);
          const known = metadata.annotations?.[UID];
          if (!account || (known && known !== account.metadata.uid)) {
            await remove(secret);
            return SETTLED;
          }
          const fixed = { 'ca.crt': encoded(await rootCa), namespace: encoded(metadata.namespace!) };
          const isFilled = known && data['token'] && data['ca.crt'] === fixed['ca.crt'] && data['namespace'] === fixed.namespace;
          if (isFilled) return SETTLED;
          const token = data['token'] ?? encoded(await newToken(secret, account));
          const annotations = { ...metadata.annotations, [UID]: account.metadata.uid! };
          await client.update<Secret>(SECRETS, { ...secret, metadata: { ...metadata, annotations }, data: { ...data, ...fixed, token } });
          return SETTLED;
        },
      };

      async function remove({ metadata: { name, namespace, uid } }: Secret): Promise<void> {
        try {
          await client.delete({ kind: SECRETS, name, namespace }, { preconditions: { uid } });
        } catch (error) {
          if (!isStatus(error, 'NotFound')) throw error;
        }
      }
    },
  };
}
