import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import colours from 'picocolors';
import { isStatus, UserError } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { INGRESSES, SERVICES, type KindRef, type KubeObject } from '../model/index.ts';
import { connect, type Where } from './connect.ts';
import { printJson } from './output.ts';
import { placesOfIngress, placesOfService, type Place } from './places.ts';
import { closest } from './suggest.ts';

interface OpenOptions extends Where {
  readonly namespace: string;
  readonly port?: string;
  /** False for `--no-browser`. */
  readonly browser: boolean;
  readonly output: string;
}

/** Prints where a Service or an Ingress is reached; shows it where a person sits in front of a browser. */
export async function open(name: string, { namespace, port, browser, output, ...where }: OpenOptions): Promise<void> {
  const connection = connect(where);
  try {
    const places = await findPlaces(connection.client, namespace, name, port);
    if (output === 'json') return printJson(places);
    process.stdout.write(places.map(({ address }) => `${address}\n`).join(''));
    for (const hint of new Set(places.flatMap((place) => place.hint ?? []))) process.stderr.write(`${colours.dim(hint)}\n`);
    const page = places.find(({ address }) => /^https?:/.test(address));
    if (page && browser) showPage(page.address);
  } finally {
    await connection.close();
  }
}

async function findPlaces(client: Client, namespace: string, wanted: string, port: string | undefined): Promise<readonly Place[]> {
  const [kind, name] = wanted.includes('/') ? (wanted.split('/', 2) as [string, string]) : [undefined, wanted];
  if (kind !== undefined && !/^(svc|services?|ing|ingress(es)?)$/.test(kind)) {
    throw new UserError(`${wanted}: only a service or an ingress can be opened`);
  }
  const service = kind?.startsWith('ing') ? undefined : await find(client, SERVICES, namespace, name);
  if (service) return placesOfService(service, port);
  const ingress = kind?.startsWith('s') ? undefined : await find(client, INGRESSES, namespace, name);
  if (ingress) return placesOfIngress(ingress);
  const like = closest(name, await namesIn(client, namespace));
  const hint = like === undefined ? 'name another with --namespace' : `did you mean ${like}?`;
  throw new UserError(`there is no ${kind ? kind : 'service or ingress'} ${name} in the namespace ${namespace}: ${hint}`);
}

async function namesIn(client: Client, namespace: string): Promise<readonly string[]> {
  const lists = await Promise.all([client.list(SERVICES, { namespace }), client.list(INGRESSES, { namespace })]);
  return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
}

async function find<T extends KubeObject>(client: Client, kind: KindRef<T>, namespace: string, name: string): Promise<T | undefined> {
  try {
    return await client.get(kind, name, namespace);
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

const OPENERS: Readonly<Record<string, string>> = { linux: 'xdg-open', darwin: 'open' };

function showPage(url: string): void {
  const opener = OPENERS[process.platform];
  const { PATH = '', DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasScreen = process.platform === 'darwin' || DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
  if (!process.stdout.isTTY || !hasScreen || !opener) return;
  if (!PATH.split(delimiter).some((folder) => existsSync(join(folder, opener)))) return;
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
