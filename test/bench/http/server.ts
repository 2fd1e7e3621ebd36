import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { join } from 'node:path';
import type { SecureClientOptions } from './wire.ts';

const LAUNCHER = new URL('../../../src/cli/slipway', import.meta.url).pathname;

/** A bare control plane in a process of its own. */
export interface BareServer {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process until it says that it is ready. */
  readonly readyMs: number;
  readonly tls: SecureClientOptions;
  end(): Promise<void>;
}

export async function startBare(dataDir: string): Promise<BareServer> {
  const began = performance.now();
  const args = ['up', '--runtime', 'simulated', '--listen', '127.0.0.1:0', '--data-dir', dataDir];
  const child = spawn(LAUNCHER, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1' } });
  const port = await listening(child);
  const readyMs = performance.now() - began;
  const read = (name: string) => readFileSync(join(dataDir, 'tls', name));
  return {
    pid: child.pid!,
    port,
    readyMs,
    tls: { host: '127.0.0.1', port, ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') },
    end: () => end(child),
  };
}

function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /listening on https:\/\/[^:]+:(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new Error(`slipway ended with ${code}: ${text}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** What a process has used so far. */
export interface Usage {
  readonly megabytes: number;
  readonly cpuMs: number;
  readonly written: number;
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return {
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
    written: Number(/write_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]),
  };
}

export function openSession({ host, port, ...pair }: SecureClientOptions): ClientHttp2Session {
  return connectHttp2(`https://${host}:${port}`, { ...pair, settings: { initialWindowSize: 16 << 20 } });
}
