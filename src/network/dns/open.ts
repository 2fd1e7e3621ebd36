import type { Dns, DnsOptions } from './start.ts';

/** Loads the server and its library when names are wanted. */
export async function startDns(options: DnsOptions): Promise<Dns> {
  const { serveNames } = await import('./start.ts');
  return serveNames(options);
}
