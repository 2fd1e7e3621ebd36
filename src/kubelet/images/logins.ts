import { isRecord } from '../../base/index.ts';
import type { Secret } from '../../model/index.ts';
import type { RegistryLogin } from '../runtime.ts';
import { parseReference } from './reference.ts';

/** The logins in these secrets that are meant for the image, the most particular first. */
export function loginsFor(image: string, secrets: readonly Secret[]): readonly RegistryLogin[] {
  const reference = parseReference(image);
  if (!reference) return [];
  const place = `${reference.registry}/${reference.repository}`;
  return secrets
    .flatMap(entriesOf)
    .filter(([server]) => isMeant(server, place))
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([, login]) => loginOf(login));
}

type Entry = readonly [server: string, login: Readonly<Record<string, unknown>>];

/** Both forms that a file of logins has had. */
function entriesOf({ type, data }: Secret): readonly Entry[] {
  const config = parsed(data?.['.dockerconfigjson']);
  const all = type === 'kubernetes.io/dockercfg' ? parsed(data?.['.dockercfg']) : config?.['auths'];
  return Object.entries(isRecord(all) ? all : {}).flatMap(([server, login]) =>
    isRecord(login) ? [[placeOf(server), login] as const] : [],
  );
}

function parsed(base64: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64 ?? '', 'base64').toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Docker's own registry has several names. */
function placeOf(server: string): string {
  const place = server.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '');
  return /^(index\.docker\.io|registry-1\.docker\.io)(?=$|\/)/.test(place) ? place.replace(/^[^/]+/, 'docker.io') : place;
}

/** `*` stands for a part of a host's name; a path is the beginning of the image's. */
function isMeant(server: string, place: string): boolean {
  const [host = '', ...path] = server.split('/');
  const [imageHost = '', ...imagePath] = place.split('/');
  const [parts, imageParts] = [host.split('.'), imageHost.split('.')];
  const sameHost = parts.length === imageParts.length && parts.every((part, i) => globMatches(part, imageParts[i]!));
  return sameHost && imagePath.join('/').startsWith(path.join('/'));
}

function globMatches(glob: string, text: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(text);
}

function loginOf(entry: Readonly<Record<string, unknown>>): RegistryLogin {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : undefined);
  const [username, password] = splitAuth(text('auth'));
  const login = {
    username: text('username') ?? username,
    password: text('password') ?? password,
    identityToken: text('identitytoken'),
    registryToken: text('registrytoken'),
  };
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value));
}

function splitAuth(auth: string | undefined): readonly [username?: string, password?: string] {
  const text = Buffer.from(auth ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}
