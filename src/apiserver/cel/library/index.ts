/** The functions that rules may call: CEL's own, the extensions that Kubernetes enables, and Kubernetes' libraries. */
import { readLibraries, type Overload } from '../functions.ts';
import type { Opaque } from '../values.ts';
import { Address, ADDRESSES, Cidr } from './addresses.ts';
import { Authorizer, AUTHORIZER, Decision, GroupCheck, PathCheck, ResourceCheck } from './authorizer.ts';
import { CONVERSIONS } from './conversions.ts';
import { Format, FORMATS } from './formats.ts';
import { JSON_PATCH } from './jsonpatch.ts';
import { LISTS } from './lists.ts';
import { OPTIONALS } from './optionals.ts';
import { QUANTITIES, Quantity } from './quantities.ts';
import { REGEX } from './regex.ts';
import { Semver, VERSIONS } from './semver.ts';
import { STRINGS } from './strings.ts';
import { TIMES } from './times.ts';
import { Url, URLS } from './urls.ts';

export { typeOf } from './conversions.ts';
export { joined, OPERATORS } from './operators.ts';
export { requestResource, Authorizer } from './authorizer.ts';

const ASKED = 'kubernetes.authorization';

/** The types of these libraries. */
export const OPAQUES: Readonly<Record<string, new (...args: never[]) => Opaque>> = {
  'net.IP': Address,
  'net.CIDR': Cidr,
  'kubernetes.Quantity': Quantity,
  'kubernetes.URL': Url,
  'kubernetes.Semver': Semver,
  'kubernetes.NamedFormat': Format,
  [`${ASKED}.Authorizer`]: Authorizer,
  [`${ASKED}.PathCheck`]: PathCheck,
  [`${ASKED}.GroupCheck`]: GroupCheck,
  [`${ASKED}.ResourceCheck`]: ResourceCheck,
  [`${ASKED}.Decision`]: Decision,
};

/** Read anew for each who asks: it is asked for once. */
export const functions = (): readonly Overload[] =>
  readLibraries([
    CONVERSIONS, STRINGS, REGEX, LISTS, OPTIONALS, TIMES, QUANTITIES, VERSIONS, URLS, ADDRESSES, FORMATS, AUTHORIZER, JSON_PATCH,
  ]); // prettier-ignore
