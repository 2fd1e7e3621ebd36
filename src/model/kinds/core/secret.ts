import { equalJson, ownMember } from '../../../base/index.ts';
import { dns1123Subdomain, mapKey } from '../../meta/index.ts';
import { SECRETS, type Secret } from '../../types/index.ts';
import { forbidden, invalid, required, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';
import { validateKey } from './configmap.ts';

const LARGEST = 1024 * 1024;

/** What a secret of a type cannot be without. */
const NEEDED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const SECRET = declareKind<Secret>({
  ref: SECRETS,
  schema: { definition: 'core.v1.Secret' },
  name: dns1123Subdomain,
  defaults: (secret) => {
    const { stringData, ...others } = secret;
    const data = stringData ? { ...secret.data, ...encoded(stringData) } : secret.data;
    return { ...others, ...(data ? { data } : {}), type: secret.type || 'Opaque' };
  },
  validate: (secret, old) => [
    ...validateContent(secret),
    ...(old ? immutable(secret.type, old.type, ['type']) : []),
    ...(old?.immutable ? validateUnchanged(secret, old) : []),
  ],
  columns: [NAME, ...['Type', 'Data'].map(textColumn), AGE],
  row: (secret, clock) => [secret.metadata.name, secret.type ?? '', Object.keys(secret.data ?? {}).length, ageOf(secret, clock)],
  selectable: { type: ({ type }) => type ?? '' },
});

function encoded(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

/** No problem may show a value: only keys and lengths are named. */
function validateContent({ type = '', data = {}, metadata }: Secret): FieldProblem[] {
  const size = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
  const account = 'kubernetes.io/service-account.name';
  return [
    ...Object.keys(data).flatMap((key) => validateKey(key, ['data', mapKey(key)])),
    ...(size > LARGEST ? [tooLong(['data'], LARGEST)] : []),
    ...(ownMember(NEEDED_KEYS, type) ?? [])
      .filter((key) => data[key] === undefined || (data[key] === '' && type === 'kubernetes.io/ssh-auth'))
      .map((key) => required(['data', mapKey(key)])),
    ...(type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[account]
      ? [required(['metadata', 'annotations', mapKey(account)])]
      : []),
    ...(type === 'kubernetes.io/basic-auth' && !data['username'] && !data['password']
      ? [required(['data', mapKey('username')]), required(['data', mapKey('password')])]
      : []),
    ...(type === 'kubernetes.io/dockerconfigjson' && data['.dockerconfigjson'] !== undefined && !isJson(data['.dockerconfigjson'])
      ? [invalid(['data', mapKey('.dockerconfigjson')], '<secret contents redacted>', 'must be valid JSON')]
      : []),
  ];
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString());
    return true;
  } catch {
    return false;
  }
}

function validateUnchanged(secret: Secret, old: Secret): FieldProblem[] {
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(secret.immutable ? [] : [forbidden(['immutable'], why)]),
    ...(equalJson(secret.data ?? {}, old.data ?? {}) ? [] : [forbidden(['data'], why)]),
  ];
}
