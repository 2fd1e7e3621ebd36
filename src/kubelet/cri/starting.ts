import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../base/index.ts';
import { layLastWord } from '../podfiles/lastword.ts';
import { StartRefusedError, type ContainerSpec, type Sandbox } from '../runtime.ts';
import { rootProblem, type ImageUser } from '../security.ts';
import type { Connection } from './connection.ts';
import { containerConfig } from './containerconfig.ts';
import { HeldContainer, type HeldPod } from './held.ts';
import type { Layout } from './layout.ts';
import type { CriMount } from './messages.ts';

/** Where Kubernetes looks for the seccomp profiles that pods name. */
const SECCOMP_FOLDER = '/var/lib/kubelet/seccomp/';

interface Parts {
  readonly connection: Connection;
  readonly layout: Layout;
}

/** Gives the id of a container that is made and does not run yet. */
export async function makeContainer({ connection, layout }: Parts, spec: ContainerSpec, pod: HeldPod): Promise<string> {
  const there = [...pod.containers.values()].find(({ ref }) => ref.name === spec.name && ref.attempt === spec.attempt);
  if (there) throw new Error(`container ${there.id} was started before`);
  const imageUser = needsImageUser(spec) ? await imageUserOf(connection, spec.image) : undefined;
  if (imageUser) refuseRoot(spec, imageUser, pod.sandbox);
  const config = containerConfig(spec, pod.config, ownMounts(layout, spec), SECCOMP_FOLDER, imageUser);
  try {
    const { id } = await connection.runtime.createContainer({ podSandboxId: pod.sandboxIds[0], config, sandboxConfig: pod.config });
    return id;
  } catch (error) {
    throw new StartRefusedError('CreateContainerError', messageOf(error));
  }
}

/** One whose program cannot be started counts as ended; one that the runtime refuses is as if it had never been. */
export async function startContainer({ connection: { runtime }, layout }: Parts, id: string, podUid: string): Promise<HeldContainer> {
  const refusal = await runtime.startContainer({ id }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const { status } = await runtime.containerStatus({ id });
  if (refusal && status.state !== 'CONTAINER_EXITED') {
    await runtime.removeContainer({ id });
    throw refusal;
  }
  return new HeldContainer(status, podUid, layout);
}

/** A runtime does not know it by itself where a group is said and no user. */
function needsImageUser({ security = {} }: ContainerSpec): boolean {
  return security.mustNotBeRoot === true || (security.group !== undefined && security.user === undefined);
}

async function imageUserOf({ images }: Connection, name: string): Promise<ImageUser> {
  const { image } = await images.imageStatus({ image: { image: name } });
  return image?.username ? { name: image.username } : { uid: image?.uid?.value ?? 0 };
}

function refuseRoot({ podUid, name, security = {} }: ContainerSpec, user: ImageUser, { namespace, name: podName }: Sandbox): void {
  const problem = rootProblem(security, user, { podUid, namespace, podName, container: name });
  if (problem !== undefined) throw new StartRefusedError('CreateContainerConfigError', problem);
}

/** What every container has beside its volumes: the names of its pod, and a place for a last word. */
function ownMounts(layout: Layout, spec: ContainerSpec): readonly CriMount[] {
  const word = layout.lastWord(spec);
  mkdirSync(dirname(layout.log(spec)), { recursive: true });
  if (spec.lastWord) layLastWord(word);
  const mount = (hostPath: string, containerPath: string) => ({ hostPath, containerPath, readonly: false });
  return [mount(layout.pod(spec.podUid).hosts, '/etc/hosts'), ...(spec.lastWord ? [mount(word, spec.lastWord.path)] : [])];
}
