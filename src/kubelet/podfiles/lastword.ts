import { chmodSync, writeFileSync } from 'node:fs';

/** A file for a container's last word. Whoever it runs as may write to it, whatever the daemon's umask is. */
export function layLastWord(path: string): void {
  writeFileSync(path, '', { flush: false });
  chmodSync(path, 0o666);
}
