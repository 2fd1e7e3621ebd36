import { messageOf, type Log, type Scope } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { CachedDirectory } from './directory.ts';
import type { ForwardOptions } from './forward.ts';
import { Resolver } from './resolver.ts';
import { DnsServer, type Listening } from './server.ts';

export interface DnsOptions extends ForwardOptions {
  readonly client: Client;
  readonly log: Log;
  readonly scope: Scope;
  readonly domain: string;
  /** The first address that can be had is taken. */
  readonly listen: readonly Listening[];
}

export interface Dns {
  /** Undefined: none of the addresses could be had. */
  readonly listening: Listening | undefined;
}

/** Listens once the caches are filled: before, every name would seem to be absent. */
export async function serveNames(options: DnsOptions): Promise<Dns> {
  const { client, log, scope } = options;
  const directory = new CachedDirectory(client);
  await directory.synced();
  const resolver = scope.use(new Resolver({ ...options, directory }));
  for (const wanted of options.listen) {
    const server = new DnsServer(resolver, log, wanted.address);
    try {
      const listening = { address: wanted.address, port: await server.listen(wanted) };
      scope.use(server);
      log.info(listening, 'dns listens');
      return { listening };
    } catch (error) {
      log.info({ ...wanted, error: messageOf(error) }, 'dns cannot listen there');
    }
  }
  return { listening: undefined };
}
