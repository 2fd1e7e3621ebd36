import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import {
  criRuntime,
  processRuntime,
  simulatedRuntime,
  type ContainerSpec,
  type Runtime,
  type SandboxSpec,
} from '../../src/kubelet/index.ts';
import { Containerd, noContainers } from '../tools/containerd.ts';
import { BUSYBOX_IMAGE } from '../tools/images.ts';

interface Stage {
  runtime: Runtime;
  /** Waits for what may need time to pass. */
  within<T>(work: Promise<T>): Promise<T>;
  /** The container has come so far as to say so in its log. */
  says(id: string, text: string): Promise<void>;
  close(): Promise<void>;
}

const AFTER = 30;
const MIB = 2 ** 20;

/** One for all tests of this file. */
let containerd: Containerd | undefined;

beforeAll(async () => {
  if (!noContainers) containerd = await Containerd.start([BUSYBOX_IMAGE]);
});
afterAll(() => containerd?.close());

/** Containers of programs that really run. */
function realStage(runtime: Runtime, dir: string): Stage {
  return {
    runtime,
    within: (work) => work,
    says: async (id, text) => {
      let seen = '';
      for await (const chunk of runtime.logs(id, { follow: true }, AbortSignal.timeout(10_000))) {
        seen += Buffer.from(chunk).toString();
        if (seen.includes(text)) return;
      }
      throw new Error(`${id} never said ${text}`);
    },
    close: async () => {
      for (const { sandbox, containers } of await runtime.list()) {
        await Promise.all(containers.map(({ id }) => runtime.stop(id, 0)));
        await runtime.removeSandbox(sandbox.podUid);
      }
      await runtime.close();
      rmSync(dir, { recursive: true });
    },
  };
}

const stages: Record<string, () => Promise<Stage>> = {
  process: async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-runtime-'));
    const runtime = await processRuntime({
      dir,
      clock: systemClock,
      random: seededRandom(process.pid),
      log: silentLog,
      podCidr: '127.64.0.0/12',
    });
    return realStage(runtime, dir);
  },
  cri: async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-runtime-'));
    const runtime = await criRuntime({ dir, socket: containerd!.socket, clock: systemClock, log: silentLog, hostIP: '192.0.2.1' });
    return realStage(runtime, dir);
  },
  simulated: async () => {
    const clock = new ManualClock();
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    return {
      runtime,
      within: async (work) => {
        let done = false;
        const settled = work.finally(() => (done = true));
        await clock.advanceUntil(() => done, 60_000, 10);
        return settled;
      },
      says: async () => {},
      close: () => runtime.close(),
    };
  },
};

function sandbox(podUid: string, annotations: Record<string, string> = {}): SandboxSpec {
  return { podUid, namespace: 'default', name: `pod-${podUid}`, annotations };
}

function container(podUid: string, script: string, attempt = 0): ContainerSpec {
  return { podUid, name: 'main', attempt, image: BUSYBOX_IMAGE.name, command: ['sh', '-c', script], args: [], env: {}, mounts: [] };
}

/** The same behaviour, said in both languages: as a script, and as annotations. */
function runsFor(ms: number, exitCode: number): { script: string; annotations: Record<string, string> } {
  return {
    script: `sleep ${ms / 1000}; exit ${exitCode}`,
    annotations: { 'slipway.dev/run-for': `${ms}ms`, 'slipway.dev/exit-code': String(exitCode) },
  };
}

/** The first process of a container hears no signal that it does not handle. */
const FOREVER = `trap 'exit 143' TERM; echo up; sleep 1000 & wait`;
const STUBBORN = `trap '' TERM; echo up; while :; do sleep 1000; done`;

/** Why a runtime cannot be tried here. */
const missing = (name: string) => (name === 'cri' ? noContainers : undefined);

describe.each(Object.entries(stages).map(([name, open]) => ({ name, open })))('$name runtime', ({ name, open }) => {
  if (missing(name)) return test.skip(`is not tried: ${missing(name)}`, () => {});

  let stage: Stage;
  let runtime: Runtime;

  beforeEach(async () => {
    stage = await open();
    runtime = stage.runtime;
  });
  afterEach(() => stage.close());

  const only = async (podUid: string) => (await runtime.list(podUid))[0]!.containers[0]!;
  const changeOf = (podUid: string) =>
    new Promise<void>((resolve) => {
      const subscription = runtime.subscribe((changed) => {
        if (changed !== podUid) return;
        subscription.close();
        resolve();
      });
    });

  test('begins with nothing', async () => {
    expect(await runtime.list()).toEqual([]);
    expect(await runtime.list('a')).toEqual([]);
  });

  test('gives every pod an address of its own, and the same one when asked again', async () => {
    const first = await runtime.ensureSandbox(sandbox('a'));
    const second = await runtime.ensureSandbox(sandbox('b'));
    expect(first.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(second.ip).not.toBe(first.ip);
    expect(await runtime.ensureSandbox(sandbox('a'))).toEqual(first);
    expect((await runtime.list()).map((pod) => pod.sandbox.name)).toEqual(['pod-a', 'pod-b']);
  });

  test('starts nothing without a sandbox', async () => {
    await expect(runtime.start(container('a', FOREVER))).rejects.toThrow('pod a has no sandbox');
  });

  test('runs a container until it is stopped, and says when each of it happened', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start(container('a', FOREVER)));
    await stage.says(id, 'up');
    const running = await only('a');
    expect(running).toMatchObject({ id, podUid: 'a', name: 'main', attempt: 0, state: { kind: 'running' } });
    const changed = changeOf('a');
    await stage.within(runtime.stop(id, 5000));
    await changed;
    const { state } = await only('a');
    expect(state).toMatchObject({ kind: 'exited', exitCode: 143, startedAt: running.state.startedAt });
    expect(state.kind === 'exited' && state.finishedAt >= state.startedAt).toBe(true);
  });

  test('stopping without grace kills', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start(container('a', FOREVER)));
    await stage.within(runtime.stop(id, 0));
    expect(await only('a')).toMatchObject({ state: { kind: 'exited', exitCode: 137 } });
  });

  test('a container that does not obey is killed after its grace', async () => {
    await runtime.ensureSandbox(sandbox('a', { 'slipway.dev/stop-after': '1h' }));
    const id = await stage.within(runtime.start(container('a', STUBBORN)));
    await stage.says(id, 'up');
    await stage.within(runtime.stop(id, 120));
    expect(await only('a')).toMatchObject({ state: { exitCode: 137 } });
  });

  test('a second stop brings the kill forward', async () => {
    await runtime.ensureSandbox(sandbox('a', { 'slipway.dev/stop-after': '1h' }));
    const id = await stage.within(runtime.start(container('a', STUBBORN)));
    await stage.says(id, 'up');
    const patient = runtime.stop(id, 3_600_000);
    await stage.within(runtime.stop(id, 0));
    await patient;
    expect(await only('a')).toMatchObject({ state: { exitCode: 137 } });
  });

  test('tells of a container that ends at once, maybe before its start is over', async () => {
    const { script, annotations } = runsFor(0, 5);
    await runtime.ensureSandbox(sandbox('a', annotations));
    await stage.within(Promise.all([changeOf('a'), runtime.start(container('a', script))]));
    expect((await runtime.list('a'))[0]!.containers).toMatchObject([{ state: { kind: 'exited', exitCode: 5 } }]);
  });

  test.each([0, 3])('tells of a container that ends by itself with %i', async (exitCode) => {
    const { script, annotations } = runsFor(AFTER, exitCode);
    await runtime.ensureSandbox(sandbox('a', annotations));
    await stage.within(Promise.all([changeOf('a'), runtime.start(container('a', script))]));
    expect(await only('a')).toMatchObject({ state: { kind: 'exited', exitCode } });
  });

  test('stopping an ended container does nothing', async () => {
    const { script, annotations } = runsFor(AFTER, 4);
    await runtime.ensureSandbox(sandbox('a', annotations));
    const [, id] = await stage.within(Promise.all([changeOf('a'), runtime.start(container('a', script))]));
    await stage.within(runtime.stop(id, 1000));
    expect(await only('a')).toMatchObject({ state: { exitCode: 4 } });
  });

  test('starts an attempt only once, and keeps the attempts apart', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const first = await stage.within(runtime.start(container('a', FOREVER)));
    await expect(runtime.start(container('a', FOREVER))).rejects.toThrow('was started before');
    await stage.within(runtime.stop(first, 0));
    const second = await stage.within(runtime.start(container('a', FOREVER, 1)));
    expect((await runtime.list('a'))[0]!.containers.map(({ id, attempt, state }) => [id, attempt, state.kind])).toEqual([
      [first, 0, 'exited'],
      [second, 1, 'running'],
    ]);
  });

  test('remembers which image each attempt was asked to run', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    await stage.within(runtime.start(container('a', FOREVER)));
    expect(await only('a')).toMatchObject({ asked: BUSYBOX_IMAGE.name });
  });

  test('gives other bounds to what runs, and to nothing else', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start({ ...container('a', FOREVER), limits: { memoryBytes: 64 * MIB, cpuMillis: 500 } }));
    await runtime.resize(id, { memoryBytes: 128 * MIB, cpuMillis: 1000, cpuRequestMillis: 100 });
    await runtime.resize(id, { memoryBytes: 64 * MIB, cpuMillis: 250 });
    await stage.within(runtime.stop(id, 0));
    await expect(runtime.resize(id, { cpuMillis: 500 })).rejects.toThrow('is not running');
  });

  test('removes what has ended, and refuses to remove what runs', async () => {
    const { ip } = await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start(container('a', FOREVER)));
    await expect(runtime.remove(id)).rejects.toThrow('is running');
    await expect(runtime.removeSandbox('a')).rejects.toThrow('main is running');
    await stage.within(runtime.stop(id, 0));
    await runtime.remove(id);
    expect(await runtime.list('a')).toMatchObject([{ sandbox: { ip }, containers: [] }]);
    await runtime.removeSandbox('a');
    expect(await runtime.list()).toEqual([]);
    await runtime.removeSandbox('a');
  });

  test('knows no container that it did not start', async () => {
    await expect(runtime.stop('a/main/0', 0)).rejects.toThrow('container a/main/0 is not known to the runtime');
  });

  test('executes a command beside a running container', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start(container('a', FOREVER)));
    const output = { stdout: () => {}, stderr: () => {} };
    expect(await runtime.exec(id, ['true'], output, AbortSignal.timeout(5000))).toBe(0);
    await stage.within(runtime.stop(id, 0));
    await expect(runtime.exec(id, ['true'], output, AbortSignal.timeout(5000))).rejects.toThrow('is not running');
  });

  test('tells containers the address of their pod where they share the ports of the machine', async () => {
    const box = await runtime.ensureSandbox(sandbox('a'));
    const told = { POD_IP: box.ip, HOST: box.ip };
    expect(runtime.variables({ podUid: 'a', name: 'main', attempt: 0 }, box)).toMatchObject(runtime.features.sharedPorts ? told : {});
  });

  test('the log of an ended container comes to an end when followed', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start(container('a', FOREVER)));
    await stage.within(runtime.stop(id, 0));
    for await (const _ of runtime.logs(id, { follow: true }, AbortSignal.timeout(5000))) void _;
  });

  test('takes an input only while the container runs', async () => {
    await runtime.ensureSandbox(sandbox('a'));
    const id = await stage.within(runtime.start({ ...container('a', FOREVER), stdin: true }));
    await runtime.feed(id, lines('one'), AbortSignal.timeout(5000));
    await stage.within(runtime.stop(id, 0));
    await expect(runtime.feed(id, lines('two'), AbortSignal.timeout(5000))).rejects.toThrow('is not running');
  });

  test('says of itself what people should know of its node', () => {
    for (const [name, fact] of Object.entries(runtime.facts)) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(fact).not.toBe('');
    }
  });
});

async function* lines(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(`${text}\n`);
}

/** What only those runtimes can show whose containers run programs. */
describe.each(['process', 'cri'])('%s runtime, with programs', (name) => {
  if (missing(name)) return test.skip(`is not tried: ${missing(name)}`, () => {});
  const open = stages[name]!;
  let stage: Stage;
  let runtime: Runtime;

  beforeEach(async () => {
    stage = await open();
    runtime = stage.runtime;
    await runtime.ensureSandbox(sandbox('a'));
  });
  afterEach(() => stage.close());

  const run = (script: string, rest: Partial<ContainerSpec> = {}) => runtime.start({ ...container('a', script), ...rest });
  const textOf = async (id: string) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of runtime.logs(id, { follow: true }, AbortSignal.timeout(10_000))) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const changeOf = (podUid: string) =>
    new Promise<void>((resolve) => {
      const subscription = runtime.subscribe((changed) => {
        if (changed !== podUid) return;
        subscription.close();
        resolve();
      });
    });
  const stateOf = async () => (await runtime.list('a'))[0]!.containers[0]!.state;

  test('a container finds its mounts at their paths, and cannot write where it may only read', async () => {
    const source = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
    writeFileSync(join(source, 'file'), 'hello\n');
    const mounts = [
      { source, path: '/some/where', readOnly: false },
      { source, path: '/fixed', readOnly: true },
    ];
    const id = await run('cat /some/where/file /fixed/file; echo x >/fixed/file || echo refused; echo y >/some/where/file', { mounts });
    expect((await textOf(id)).replaceAll(/^sh:.*\n/gm, '')).toBe('hello\nhello\nrefused\n');
    expect(readFileSync(join(source, 'file'), 'utf8')).toBe('y\n');
    expect(existsSync('/some')).toBe(false);
    rmSync(source, { recursive: true });
  });

  test('a command that is executed sees the same mounts', async () => {
    const source = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
    writeFileSync(join(source, 'file'), 'hello\n');
    const id = await run(FOREVER, { mounts: [{ source, path: '/some/where', readOnly: true }] });
    let output = '';
    const keep = (chunk: Uint8Array) => (output += Buffer.from(chunk).toString());
    expect(await runtime.exec(id, ['cat', '/some/where/file'], { stdout: keep, stderr: keep }, AbortSignal.timeout(5000))).toBe(0);
    expect(output).toBe('hello\n');
    rmSync(source, { recursive: true });
  });

  test('what a command is given to read comes to it, and has an end', async () => {
    const id = await run(FOREVER);
    let output = '';
    const keep = (chunk: Uint8Array) => (output += Buffer.from(chunk).toString());
    await runtime.exec(id, ['cat'], { stdin: lines('one', 'two'), stdout: keep, stderr: keep }, AbortSignal.timeout(5000));
    expect(output).toBe('one\ntwo\n');
  });

  test('an input comes to the container', async () => {
    const id = await run('read -r line; echo "got $line"', { stdin: true });
    await runtime.feed(id, lines('this'), AbortSignal.timeout(5000));
    expect(await textOf(id)).toBe('got this\n');
  });

  test('an input that is for once ends with its first writer', async () => {
    const id = await run('cat; echo end', { stdin: true, stdinOnce: true });
    await runtime.feed(id, lines('this'), AbortSignal.timeout(5000));
    expect(await textOf(id)).toBe('this\nend\n');
  });

  test('a container on a terminal has one', async () => {
    // A runtime's log may leave out what only a terminal needs.
    expect(await textOf(await run('test -t 1 && echo yes', { tty: true, stdin: true }))).toMatch(/^yes\r?\n$/);
  });

  test('a container that was given more memory may take it', async () => {
    const script = 'read -r _; head -c 64000000 /dev/zero | tail -c 64000000 | wc -c';
    const id = await run(script, { stdin: true, limits: { memoryBytes: 16 * MIB } });
    await runtime.resize(id, { memoryBytes: 256 * MIB });
    await runtime.feed(id, lines('now'), AbortSignal.timeout(5000));
    expect(await textOf(id)).toBe('64000000\n');
  });

  test('its last word is kept with how it ended', async () => {
    const id = await run('echo because >/dev/termination-log; exit 3', { lastWord: { path: '/dev/termination-log', orLog: false } });
    await textOf(id);
    expect(await stateOf()).toMatchObject({ kind: 'exited', exitCode: 3, message: 'because\n' });
    expect(existsSync('/dev/termination-log')).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)('also who is not root has a last word, wherever it is to be left', async () => {
    const lastWord = { path: '/dev/own-log', orLog: false };
    await textOf(await run('echo because >/dev/own-log', { lastWord, security: { user: 4711 } }));
    expect(await stateOf()).toMatchObject({ kind: 'exited', exitCode: 0, message: 'because\n' });
  });

  test('another signal ends it where that is asked for', async () => {
    const id = await run(`trap 'echo told; exit 5' USR1; echo up; while :; do sleep 0.01; done`, { stopSignal: 'SIGUSR1' });
    await stage.says(id, 'up');
    await runtime.stop(id, 10_000);
    expect(await stateOf()).toMatchObject({ exitCode: 5 });
  });

  const execute = async (id: string, ...command: string[]) => {
    let output = '';
    const keep = (chunk: Uint8Array) => (output += Buffer.from(chunk).toString());
    return { code: await runtime.exec(id, command, { stdout: keep, stderr: keep }, AbortSignal.timeout(5000)), output };
  };

  test('process 1 of a container is not the machine’s: to end it ends the container', async () => {
    const id = await run(`trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done`);
    await stage.says(id, 'up');
    const changed = changeOf('a');
    // The command may end with the container.
    await execute(id, 'kill', '1');
    await changed;
    expect(await stateOf()).toMatchObject({ kind: 'exited', exitCode: 9 });
  });

  test('a container sees its own processes alone, and so does what is executed in it', async () => {
    const id = await run('echo /proc/[0-9]*; exec sleep 1000');
    await stage.says(id, '/proc/1');
    const { output } = await execute(id, 'sh', '-c', 'echo /proc/[0-9]*');
    expect(output).toContain('/proc/1 ');
    expect(output).not.toContain(`/proc/${process.pid} `);
  });

  test('the containers of a pod see each other where it says so, and end on their own', async () => {
    await runtime.ensureSandbox({ ...sandbox('shared'), processes: 'pod' });
    const other = await runtime.start({ ...container('shared', 'exec sleep 4711'), name: 'other' });
    const id = await runtime.start(container('shared', 'until grep -qs 471[1] /proc/[0-9]*/cmdline; do sleep 0.01; done; echo seen'));
    expect(await textOf(id)).toBe('seen\n');
    expect((await runtime.list('shared'))[0]!.containers.map(({ state }) => state.kind).toSorted()).toEqual(['exited', 'running']);
    await runtime.stop(other, 0);
  });

  test('a container that is to look at another sees the processes of that one', async () => {
    const other = await run('exec sleep 4712');
    const look = {
      ...container('a', 'until grep -qs 471[2] /proc/[0-9]*/cmdline; do sleep 0.01; done; echo seen'),
      name: 'look',
    };
    const id = await runtime.start({ ...look, target: other });
    expect(await textOf(id)).toBe('seen\n');
    await runtime.stop(other, 0);
  });

  test('what a container writes where no volume is can be measured, and so can its log', { timeout: 30_000 }, async () => {
    const id = await run('head -c 3000000 /dev/zero >own; head -c 1000000 /dev/zero; echo up; exec sleep 1000');
    await stage.says(id, 'up');
    // A runtime may look at it every ten seconds.
    const held = () => runtime.storage!('a').then(([main]) => main?.bytes);
    await expect.poll(held, { timeout: 20_000 }).toBeGreaterThan(4_000_000);
    expect(await runtime.storage!('b')).toEqual([]);
  });

  test('a root that is read only leaves the mounts writable', async () => {
    const source = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
    const mounts = [{ source, path: '/data', readOnly: false }];
    const script = 'for file in /file /tmp/file /usr/file /data/file; do (: >$file) 2>/dev/null && echo $file; done';
    expect(await textOf(await run(script, { mounts, security: { readOnlyRoot: true } }))).toBe('/data/file\n');
    rmSync(source, { recursive: true });
  });

  test('programs give nobody more than they have where that is asked for', async () => {
    expect(await textOf(await run('grep NoNewPrivs /proc/self/status', { security: { noNewPrivileges: true } }))).toBe('NoNewPrivs:\t1\n');
  });

  test('capabilities that are dropped are gone, also for what is executed beside', async () => {
    const id = await run('grep CapEff /proc/self/status; exec sleep 1000', { security: { capabilities: { drop: ['ALL'] } } });
    await stage.says(id, 'CapEff:\t0000000000000000');
    expect((await execute(id, 'grep', 'CapEff', '/proc/self/status')).output).toBe('CapEff:\t0000000000000000\n');
  });

  test.runIf(process.getuid?.() === 0)(
    'a container has the user and the groups that it asks for, and so does what is executed beside',
    async () => {
      const id = await run('id; exec sleep 1000', { security: { user: 4711, group: 4712, groups: [4713] } });
      await stage.says(id, 'uid=4711 gid=4712 groups=4712,4713');
      expect((await execute(id, 'id')).output).toBe('uid=4711 gid=4712 groups=4712,4713\n');
    },
  );

  test.runIf(process.getuid?.() === 0)('a container that asks for a group alone stays who it is', async () => {
    expect(await textOf(await run('id -u; id -g', { security: { group: 4712 } }))).toBe('0\n4712\n');
  });

  test('what asks for a profile that is not there cannot be made', async () => {
    const start = run('true', { security: { seccomp: { type: 'Localhost', localhostProfile: 'none.json' } } });
    await expect(start).rejects.toMatchObject({ reason: 'CreateContainerError' });
    expect((await runtime.list('a'))[0]!.containers).toEqual([]);
  });

  test('what must not run as root does not start as root', async () => {
    const start = run('true', { security: { mustNotBeRoot: true, user: 0 } });
    await expect(start).rejects.toMatchObject({
      reason: 'CreateContainerConfigError',
      message: `container's runAsUser breaks non-root policy (pod: "pod-a_default(a)", container: main)`,
    });
    expect((await runtime.list('a'))[0]!.containers).toEqual([]);
  });
});
