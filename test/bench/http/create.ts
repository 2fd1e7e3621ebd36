import { Wire, type SecureClientOptions } from './wire.ts';

export interface CreateLoad {
  readonly tls: SecureClientOptions;
  readonly connections: number;
  readonly count: number;
  /** Made of the number of the object. */
  readonly path: string;
  readonly body: (n: number) => string;
}

/** Objects made a second, each connection waiting for one answer before it asks again. */
export async function createRate({ tls, connections, count, path, body }: CreateLoad): Promise<number> {
  const wires = await Promise.all(Array.from({ length: connections }, () => Wire.open(tls)));
  let next = 0;
  const began = performance.now();
  await Promise.all(
    wires.map(async (wire) => {
      while (next < count) {
        const code = await wire.send('POST', path, body(next++));
        if (code !== 201) throw new Error(`a create was answered with ${code}`);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const wire of wires) wire.close();
  return count / seconds;
}
