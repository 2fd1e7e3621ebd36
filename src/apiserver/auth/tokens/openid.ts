import { ISSUER } from './claims.ts';
import { ALGORITHM, type SigningKey } from './key.ts';

const KEYS_PATH = '/openid/v1/jwks';

export type OpenIdDocuments = Readonly<Record<string, { readonly type: string; readonly value: object }>>;

/** What others need to check service account tokens by themselves, by the path under which it is found. */
export function openIdDocuments({ id, public: half }: SigningKey): OpenIdDocuments {
  const configuration = {
    issuer: ISSUER,
    jwks_uri: `${ISSUER}${KEYS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
  const { kty, crv, x, y } = half.export({ format: 'jwk' });
  return {
    '/.well-known/openid-configuration': { type: 'application/json', value: configuration },
    [KEYS_PATH]: { type: 'application/jwk-set+json', value: { keys: [{ use: 'sig', kty, kid: id, crv, alg: ALGORITHM, x, y }] } },
  };
}
