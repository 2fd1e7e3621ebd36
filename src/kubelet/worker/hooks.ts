import type { Clock } from '../../base/index.ts';
import type { LifecycleHandler } from '../../model/index.ts';
import type { Asked } from '../probes/check.ts';
import { sendHttp } from '../probes/http.ts';
import type { Runtime } from '../runtime.ts';

/** Runs a container's hook to its end. Throws with the reason when it fails. */
export async function runHook(hook: LifecycleHandler, asked: Asked, runtime: Runtime, clock: Clock, signal: AbortSignal): Promise<void> {
  if (hook.sleep) await clock.sleep(hook.sleep.seconds * 1000, signal);
  else if (hook.exec) await runCommand(hook.exec.command ?? [], asked, runtime, signal);
  else if (hook.httpGet && runtime.features.network) await sendHttp(hook.httpGet, asked, signal);
}

const LONGEST_OUTPUT = 1024;

async function runCommand(command: readonly string[], { id }: Asked, runtime: Runtime, signal: AbortSignal): Promise<void> {
  let output = '';
  const keep = (chunk: Uint8Array) => {
    if (output.length < LONGEST_OUTPUT) output += Buffer.from(chunk).toString();
  };
  const code = await runtime.exec(id, command, { stdout: keep, stderr: keep, atEnd: true }, signal);
  if (code !== 0) throw new Error(`command '${command.join(' ')}' exited with ${code}: ${output}`);
}
