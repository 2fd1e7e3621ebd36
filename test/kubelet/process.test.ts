import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { isRunning, Machine, processesAmongWhose, processesWith } from './processes.ts';

const FOREVER = 'echo up; exec sleep 1000';
const SHIM = new URL('../../src/kubelet/process/shim.sh', import.meta.url).pathname;

let machine: Machine;

beforeEach(async () => {
  machine = new Machine(['namespaces']);
  await machine.boot();
});
afterEach(() => machine.close());

/** Waits for something outside of this process that tells nobody. */
async function until(done: () => boolean): Promise<void> {
  await systemClock.sleep(2);
  for (let tries = 0; !done(); tries++) {
    if (tries > 1000) throw new Error('not reached');
    await systemClock.sleep(2);
  }
}

describe('a process container', () => {
  test('gets its own environment, its address, PATH and HOME, and nothing else of the daemon', async () => {
    process.env['DAEMON_TOKEN'] = 'geheim';
    await machine.boot({ PATH: process.env['PATH']!, HOME: '/nowhere' });
    const ip = await machine.pod();
    await machine.start('env', { env: { COLOUR: 'blue' } });
    await machine.ended();
    const names = (await machine.log()).split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
    expect(names.filter(Boolean).toSorted()).toEqual([
      'COLOUR=blue',
      'HOME=/nowhere',
      `HOST=${ip}`,
      `PATH=${process.env['PATH']}`,
      `POD_IP=${ip}`,
      `SLIPWAY_ROOT=${machine.attempt('root')}`,
    ]);
    delete process.env['DAEMON_TOKEN'];
  });

  test('leads a session of its own and ignores no signal', async () => {
    await machine.pod();
    await machine.start('grep SigIgn /proc/self/status; ps -o sid= -p $$; echo $$');
    await machine.ended();
    const [ignored, session, pid] = (await machine.log()).trim().split('\n');
    // The first 31 are the signals that have names; what lies above may be ignored by whoever started the tests.
    expect(BigInt(`0x${ignored!.split('\t')[1]}`) & 0x7fffffffn).toBe(0n);
    expect(session!.trim()).toBe(pid);
  });

  test('holds none of the files of its shim', async () => {
    await machine.pod();
    await machine.start('ls /proc/$$/fd');
    await machine.ended();
    expect((await machine.log()).split('\n')).not.toContain('9');
  });

  test('takes its group with it when it ends', async () => {
    await machine.pod();
    await machine.start('sleep 1000 & echo $!');
    await machine.ended();
    const child = Number(await machine.log());
    expect(child).toBeGreaterThan(1);
    await until(() => !isRunning(child));
  });

  test.each([
    [{ command: ['no-such-program'] }, 'exec: "no-such-program": executable file not found in $PATH of this machine'],
    [{ command: ['/etc/passwd'] }, 'exec: "/etc/passwd": permission denied'],
    [{ command: ['/no/such'] }, 'exec: "/no/such": no such file on this machine'],
    [{ workingDir: '/no/such' }, 'working directory "/no/such": no such directory on this machine'],
  ])('that cannot be run (%j) has ended with StartError and the reason', async (spec, message) => {
    await machine.pod();
    await machine.start('true', spec);
    expect((await machine.container()).state).toMatchObject({ kind: 'exited', exitCode: 128, reason: 'StartError', message });
    await machine.boot();
    expect((await machine.container()).state).toMatchObject({ reason: 'StartError', message });
  });

  test('is found past folders of PATH that cannot be looked into', async () => {
    await machine.pod();
    const loop = join(machine.dir, 'loop');
    symlinkSync(loop, loop);
    await machine.start('echo found', { env: { PATH: `${loop}:/usr/bin:/bin` } });
    await machine.ended();
    expect(await machine.log()).toBe('found\n');
  });

  test('finds its volumes under its root, and works in one of them', async () => {
    await machine.pod();
    const source = join(machine.dir, 'volume');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'hello');
    await machine.start('cat file "$SLIPWAY_ROOT/data/file"', { mounts: [{ source, path: '/data', readOnly: true }], workingDir: '/data' });
    await machine.ended();
    expect(await machine.log()).toBe('hellohello');
  });

  test('costs a shim of at most 2 MB', async () => {
    await machine.pod();
    await machine.start(FOREVER);
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${machine.shim()}/status`, 'utf8'))!;
    expect(Number(kilobytes)).toBeLessThan(2048);
  });

  test('is executed in as it runs', async () => {
    await machine.pod();
    const id = await machine.start(FOREVER, { env: { COLOUR: 'blue' } });
    let output = '';
    const keep = (chunk: Uint8Array) => (output += Buffer.from(chunk).toString());
    const run = (command: string[]) => machine.runtime.exec(id, command, { stdout: keep, stderr: keep }, AbortSignal.timeout(5000));
    expect(await run(['sh', '-c', 'echo $COLOUR; pwd; exit 4'])).toBe(4);
    expect(output).toBe(`blue\n${machine.attempt('root')}\n`);
    expect(await run(['no-such-program'])).toBe(127);
  });

  test('is left by a command that takes too long: that is killed', async () => {
    await machine.pod();
    const id = await machine.start(FOREVER);
    const slow = machine.runtime.exec(id, ['sleep', '987'], { stdout: () => {}, stderr: () => {} }, AbortSignal.timeout(50));
    await expect(slow).rejects.toThrow();
    expect(processesWith('sleep', '987')).toEqual([]);
  });

  test('is not entered by a command that is given up before it begins', async () => {
    await machine.pod();
    const id = await machine.start(FOREVER);
    const stop = new AbortController();
    const given = machine.runtime.exec(id, ['sleep', '986'], { stdout: () => {}, stderr: () => {} }, stop.signal);
    stop.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    expect(processesWith('sleep', '986')).toEqual([]);
  });

  test.each([
    ['0.0.0.0', true],
    ['::', true],
    ['own', false],
  ])('that listens on %s is found to listen on all addresses: %j', async (host, isFound) => {
    await machine.pod();
    await machine.start(
      `exec "${process.execPath}" -e "const server = require('net').createServer().listen(0, '${host}' === 'own' ? process.env.HOST : '${host}', () => console.log(server.address().port))"`,
    );
    await machine.says('\n');
    const port = Number(await machine.log());
    expect(await machine.runtime.wildcardPorts('pod', [80, port])).toEqual(isFound ? [port] : []);
    expect(await machine.runtime.wildcardPorts('pod', [80])).toEqual([]);
  });
});

describe('a log', () => {
  const write = async (script: string) => {
    await machine.pod();
    await machine.start(script);
    await machine.ended();
  };

  test('has what was written to both streams, in its order', async () => {
    await write('echo one; echo two >&2; echo three');
    expect(await machine.log()).toBe('one\ntwo\nthree\n');
  });

  test.each([
    [{ tailLines: 0 }, ''],
    [{ tailLines: 1 }, 'three'],
    [{ tailLines: 2 }, 'two\nthree'],
    [{ tailLines: 9 }, 'one\ntwo\nthree'],
    [{ limitBytes: 5 }, 'one\nt'],
    [{ tailLines: 2, limitBytes: 2 }, 'tw'],
    [{ since: Date.now() + 3_600_000 }, ''],
    [{ since: 0 }, 'one\ntwo\nthree'],
  ])('asked for with %j gives %j', async (request, text) => {
    await write("printf 'one\\ntwo\\nthree'");
    expect(await machine.log(request)).toBe(text);
  });

  test('gives the last lines of a long one', async () => {
    await write('i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done');
    expect(await machine.log({ tailLines: 20_000 }).then((text) => text.split('\n')[0])).toBe('line 10000');
    expect((await machine.log()).length).toBe(318_890);
  });

  test('knows when a line was written', async () => {
    await machine.pod();
    const before = Date.now();
    await machine.start('echo early; read -r _ <go; echo late', {
      workingDir: machine.dir,
      command: ['sh', '-c', `mkfifo go; echo early; read -r _ <go; echo late`],
    });
    await machine.says('early');
    await systemClock.sleep(120);
    const between = Date.now();
    writeFileSync(join(machine.dir, 'go'), '\n');
    await machine.ended();
    const lines = (await machine.log({ timestamps: true })).trim().split('\n');
    expect(lines.map((line) => line.slice(31))).toEqual(['early', 'late']);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /);
    const [early, late] = lines.map((line) => Date.parse(line.slice(0, 30))) as [number, number];
    expect(early).toBeGreaterThanOrEqual(before);
    expect(early).toBeLessThan(between);
    expect(late).toBeGreaterThanOrEqual(between);
    expect(await machine.log({ since: between })).toBe('late\n');
  });

  test('is followed until the container has ended', async () => {
    await machine.pod();
    await machine.start('for i in 1 2 3; do echo $i; sleep 0.02; done');
    expect(await machine.log({ follow: true })).toBe('1\n2\n3\n');
  });

  test('that is followed no more lets go', async () => {
    await machine.pod();
    const id = await machine.start(FOREVER);
    const stop = new AbortController();
    for await (const _ of machine.runtime.logs(id, { follow: true }, stop.signal)) stop.abort();
  });

  test('that has become too long is put aside, and a follower goes on with the new one', { timeout: 30_000 }, async () => {
    await machine.pod();
    const flood = `yes 'a line that is written very often' | head -c 11000000; echo; until [ -e ${machine.dir}/go ]; do sleep 0.02; done; echo end`;
    await machine.start(flood);
    await until(() => existsSync(machine.attempt('../0.log.1')));
    await until(() => statSync(machine.attempt('../0.log')).size < 1_000_000);
    const following = machine.says('end\n');
    writeFileSync(join(machine.dir, 'go'), '');
    await following;
    expect(statSync(machine.attempt('../0.log.1')).size).toBeGreaterThan(10_000_000);
  });

  test('loses nothing when it is put aside: who follows it has every line once', { timeout: 60_000 }, async () => {
    const last = 1_800_000;
    await machine.pod();
    await machine.start(
      `until [ -e ${machine.dir}/go ]; do sleep 0.02; done; seq 1 ${last}; until [ -e ${machine.dir}/end ]; do sleep 0.02; done`,
    );
    let seen = 0;
    let rest = '';
    let faults = 0;
    const follow = async () => {
      for await (const chunk of machine.runtime.logs('pod/main/0', { follow: true }, AbortSignal.timeout(50_000))) {
        const lines = (rest + Buffer.from(chunk).toString()).split('\n');
        rest = lines.pop()!;
        for (const line of lines) if (Number(line) !== ++seen) faults++;
        if (seen === last) return;
      }
    };
    const following = follow();
    writeFileSync(join(machine.dir, 'go'), '');
    await following;
    await until(() => existsSync(machine.attempt('../0.log.1')));
    writeFileSync(join(machine.dir, 'end'), '');
    await machine.ended();
    expect([seen, faults]).toEqual([last, 0]);
    const whole = readFileSync(machine.attempt('../0.log.1'), 'utf8') + readFileSync(machine.attempt('../0.log'), 'utf8');
    expect(whole.endsWith(`\n${last}\n`)).toBe(true);
    const numbers = whole
      .slice(whole.indexOf('\n') + 1)
      .trimEnd()
      .split('\n')
      .map(Number);
    expect(numbers.findIndex((number, i) => i > 0 && number !== numbers[i - 1]! + 1)).toBe(-1);
    // What is asked for from its beginning begins with a whole line.
    expect(await machine.log({ limitBytes: 20 })).toMatch(/^\d+\n(\d+\n)+/);
  });

  test('of the attempt before is kept beside the new one', async () => {
    await machine.pod();
    const first = await machine.start('echo first');
    await machine.ended(first);
    const second = await machine.start('echo second', { attempt: 1 });
    await machine.ended(second);
    expect([await machine.log({}, first), await machine.log({}, second)]).toEqual(['first\n', 'second\n']);
  });
});

describe('a daemon that comes after another', () => {
  test('finds the container running as it was: same start, same address, same log', async () => {
    const ip = await machine.pod();
    const id = await machine.start('echo up; while :; do sleep 0.01; done');
    await machine.says('up');
    const before = await machine.container();
    await machine.boot();
    expect(await machine.container()).toEqual(before);
    expect(await machine.pod()).toBe(ip);
    await machine.runtime.stop(id, 5000);
    expect((await machine.container()).state).toMatchObject({ kind: 'exited', exitCode: 143 });
    expect(await machine.log()).toBe('up\n');
  });

  test('gives no address twice', async () => {
    const first = await machine.pod('a');
    await machine.boot();
    expect(await machine.pod('b')).not.toBe(first);
  });

  test('hears of the end of a container that it did not start', async () => {
    await machine.pod();
    await machine.start(FOREVER);
    await machine.boot();
    const ended = machine.ended();
    process.kill(machine.pid(), 'SIGKILL');
    expect((await ended).state).toMatchObject({ kind: 'exited', exitCode: 137 });
  });

  test('finds the exit code of one that ended while nobody was there', async () => {
    await machine.pod();
    await machine.start('echo up; sleep 0.05; echo bye; exit 7');
    await machine.runtime.close();
    await until(() => existsSync(machine.attempt('exit')));
    await machine.boot();
    expect((await machine.container()).state).toMatchObject({ kind: 'exited', exitCode: 7 });
    expect(await machine.log()).toBe('up\nbye\n');
  });

  test('does not mistake another process with the same number for the container', async () => {
    await machine.pod();
    await machine.start('exit 0');
    await machine.ended();
    await machine.runtime.close();
    const bystander = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const [, , boot] = readFileSync(machine.attempt('pid'), 'utf8').trim().split(' ');
    writeFileSync(machine.attempt('pid'), `${bystander.pid} 1 ${boot}\n`);
    writeFileSync(machine.attempt('exit'), '');
    await machine.boot();
    expect((await machine.container()).state).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    expect(isRunning(bystander.pid!)).toBe(true);
    bystander.kill('SIGKILL');
  });

  test('clears away a pod that was torn in its removal', async () => {
    mkdirSync(machine.attempt('root', 'half/main/0'), { recursive: true });
    await machine.boot();
    expect(await machine.runtime.list()).toEqual([]);
    expect(existsSync(join(machine.dir, 'pods', 'half'))).toBe(false);
  });
});

describe('when a shim is killed', () => {
  test.each(['while the daemon is there', 'while it is not'])('%s, its container ends and counts as unknown', async (when) => {
    await machine.pod();
    await machine.start(FOREVER);
    await machine.says('up');
    const [pid, shim] = [machine.pid(), machine.shim()];
    if (when === 'while it is not') await machine.runtime.close();
    const ended = when === 'while it is not' ? undefined : machine.ended();
    process.kill(shim, 'SIGKILL');
    await until(() => !isRunning(shim));
    if (when === 'while it is not') await machine.boot();
    expect((await (ended ?? machine.ended())).state).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    await until(() => !isRunning(pid));
    await machine.boot();
    expect((await machine.container()).state).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
  });

  test('after its container has ended by itself, the rest of the group ends too', async () => {
    await machine.pod();
    await machine.start('sleep 1000 & echo $!; wait');
    await machine.says('\n');
    const child = Number(await machine.log());
    const [pid, shim] = [machine.pid(), machine.shim()];
    await machine.runtime.close();
    process.kill(shim, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    process.kill(shim, 'SIGKILL');
    await until(() => !isRunning(shim));
    await machine.boot();
    await machine.ended();
    await until(() => !isRunning(child));
  });
});

describe('a start that was torn', () => {
  const holdByHand = () => {
    const shim = spawn('/bin/sh', [SHIM, 'hold', '-', '-', '/', 'touch', join(machine.dir, 'ran')], {
      cwd: machine.attempt(),
      detached: true,
      stdio: 'ignore',
    });
    return once(shim, 'exit');
  };

  test('before the shim began is given up, and can be tried again', async () => {
    await machine.pod();
    mkdirSync(machine.attempt('root'), { recursive: true });
    await machine.boot();
    expect((await machine.runtime.list())[0]!.containers).toEqual([]);
    await machine.start('exit 3');
    expect((await machine.ended()).state).toMatchObject({ exitCode: 3 });
  });

  test('before the shim began does not run when the shim comes after all', async () => {
    await machine.pod();
    mkdirSync(machine.attempt('root'), { recursive: true });
    writeFileSync(machine.attempt('pid'), 'given up\n');
    await holdByHand();
    expect(existsSync(join(machine.dir, 'ran'))).toBe(false);
  });

  test('after the shim began goes on without its daemon', async () => {
    await machine.pod();
    mkdirSync(machine.attempt('root'), { recursive: true });
    await holdByHand();
    expect(existsSync(join(machine.dir, 'ran'))).toBe(true);
    await machine.boot();
    expect((await machine.container()).state).toMatchObject({ exitCode: 0 });
  });

  test('by kill -9 of the daemon at any moment neither runs twice nor leaves an orphan', { timeout: 30_000 }, async () => {
    const script = new URL('./torn-daemon.ts', import.meta.url).pathname;
    for (let round = 0; round < 6; round++) {
      const daemon = spawn(process.execPath, [script, machine.dir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(daemon.stdout, 'data');
      // In the later rounds it has begun at least one container.
      if (round > 2) await once(daemon.stdout, 'data');
      await systemClock.sleep(round * 3);
      daemon.kill('SIGKILL');
      await once(daemon, 'exit');
    }
    await machine.boot();
    const containers = (await machine.runtime.list()).flatMap((pod) => pod.containers);
    // A process that is on record is about to become the command.
    await until(() => ['become', 'enter'].every((stage) => processesAmongWhose(SHIM, stage).length === 0));
    const command = ['sh', '-c', 'sleep 10000; :'];
    for (const { podUid, state } of containers)
      expect([podUid, processesWith(...command, podUid).length]).toEqual([podUid, state.kind === 'running' ? 1 : 0]);
    const running = containers.filter(({ state }) => state.kind === 'running').length;
    expect(running).toBeGreaterThan(0);
  });
});

describe('a container with a root and processes of its own', () => {
  beforeEach(async () => {
    await machine.close();
    machine = new Machine();
    await machine.boot();
  });

  test('is adopted as it was: it is executed in, heard and ended', async () => {
    await machine.pod();
    const id = await machine.start(`trap 'echo bye; exit 4' TERM; echo up; while :; do sleep 0.01; done`);
    await machine.says('up');
    await machine.boot();
    let output = '';
    const keep = (chunk: Uint8Array) => (output += Buffer.from(chunk).toString());
    await machine.runtime.exec(id, ['sh', '-c', 'echo $$; echo /proc/[0-9]*'], { stdout: keep, stderr: keep }, AbortSignal.timeout(5000));
    expect(Number(output.split('\n')[0])).toBeLessThan(10_000);
    expect(output).not.toContain(`/proc/${machine.pid()}`);
    await machine.runtime.stop(id, 10_000);
    expect((await machine.container()).state).toMatchObject({ kind: 'exited', exitCode: 4 });
    expect(await machine.log()).toMatch(/^up\n(Terminated\n)?bye\n$/);
  });

  test('leaves nothing behind when its shim is killed', async () => {
    await machine.pod();
    await machine.start('setsid sleep 4242 & echo up; exec sleep 1000');
    await machine.says('up');
    const [pid, shim] = [machine.pid(), machine.shim()];
    const ended = machine.ended();
    process.kill(shim, 'SIGKILL');
    expect((await ended).state).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    await until(() => !isRunning(pid) && processesWith('sleep', '4242').length === 0);
  });

  test('shares its processes with its pod as long as anything of it runs, also under another daemon', async () => {
    await machine.runtime.ensureSandbox({ podUid: 'pod', namespace: 'default', name: 'pod', annotations: {}, processes: 'pod' });
    const first = await machine.start('exec sleep 4711', { name: 'first' });
    const resting = () => processesAmongWhose(SHIM, 'rest').length;
    await machine.boot();
    const second = await machine.start('until grep -qs 4711 /proc/[0-9]*/cmdline; do sleep 0.01; done', { name: 'second' });
    await machine.ended(second);
    expect((await machine.container(first)).state.kind).toBe('running');
    const before = resting();
    await machine.runtime.stop(first, 0);
    await until(() => resting() === before - 1);
  });
});
