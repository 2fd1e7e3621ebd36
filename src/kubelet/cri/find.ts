import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Millis } from '../../base/index.ts';
import { connectRuntime } from './connection.ts';

/** Where containerd and CRI-O listen. */
export const CRI_SOCKETS: readonly string[] = ['/run/containerd/containerd.sock', '/run/crio/crio.sock'];

const PATIENCE_MS: Millis = 2000;

/** Why nothing can be run by the runtime at this socket; undefined when it is ready. */
export async function criProblem(socket: string): Promise<string | undefined> {
  if (!existsSync(socket)) return `there is no socket ${socket}`;
  const connection = await connectRuntime(socket);
  try {
    const { status } = await connection.runtime.status({}, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const unmet = status?.conditions.find(({ type, status: is }) => !is && (type === 'RuntimeReady' || type === 'NetworkReady'));
    return unmet && `${unmet.reason}: ${unmet.message}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    connection.close();
  }
}

/** The socket of the containers that this directory has, whoever looks for them. */
export function usedCriSocket(dir: string): string | undefined {
  try {
    return readFileSync(noteIn(dir), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function noteCriSocket(dir: string, socket: string): void {
  mkdirSync(join(dir, 'containers'), { recursive: true, mode: 0o711 });
  writeFileSync(noteIn(dir), `${socket}\n`);
}

const noteIn = (dir: string) => join(dir, 'containers', 'socket');
