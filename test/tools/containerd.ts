/** A containerd of one's own, apart from any other on this machine: its root, state, socket and network lie in a folder of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connectRuntime } from '../../src/kubelet/cri/connection.ts';
import { buildImages, PAUSE_IMAGE, type ImageRecipe } from './images.ts';

const CNI = '/usr/lib/cni';

/** Why no containers can be run here; undefined where they can. */
export const noContainers: string | undefined = whyNoContainers();

function whyNoContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'containers need root';
  const missing = ['containerd', 'ctr', 'runc', 'iptables', 'busybox'].filter((program) => !isOnPath(program));
  if (!existsSync(join(CNI, 'bridge'))) missing.push('containernetworking-plugins');
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export class Containerd {
  readonly folder: string;
  readonly socket: string;
  readonly #bridge: string;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'slipway-containerd-'));
    this.socket = join(this.folder, 'containerd.sock');
    this.#bridge = `slw${randomInt(0x7fffffff).toString(36)}`;
  }

  static async start(images: readonly ImageRecipe[]): Promise<Containerd> {
    const containerd = new Containerd();
    containerd.#configure();
    const building = buildImages(containerd.folder, [PAUSE_IMAGE, ...images]);
    await containerd.boot();
    const archive = await building;
    containerd.ctr('images', 'import', '--all-platforms', archive);
    rmSync(archive);
    return containerd;
  }

  /** Starts it, also again after its end. */
  async boot(): Promise<void> {
    const child = spawn('containerd', ['--config', join(this.folder, 'config.toml')], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-20_000)));
    while (!this.#answers()) {
      if (child.exitCode !== null) throw new Error(`containerd ended with ${child.exitCode}:\n${this.#log}`);
      await setTimeout(20);
    }
  }

  /** Ends the daemon alone: containers go on. */
  async halt(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  get log(): string {
    return this.#log;
  }

  ctr(...args: string[]): string {
    return execFileSync('ctr', ['--address', this.socket, '--namespace', 'k8s.io', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Ends what runs, and leaves no mount, namespace, device, process or file. */
  async close(): Promise<void> {
    if (this.#child?.exitCode === null) await this.#removePods();
    await this.halt();
    for (const pid of this.#shims()) process.kill(pid, 'SIGKILL');
    for (const path of this.#mounts()) execFileSync('umount', ['--lazy', path]);
    rmSync(this.folder, { recursive: true, force: true });
    if (existsSync(`/sys/class/net/${this.#bridge}`)) execFileSync('ip', ['link', 'delete', this.#bridge]);
  }

  #answers(): boolean {
    if (!existsSync(this.socket)) return false;
    try {
      // The interface for Kubernetes is there once the plugin is.
      return this.ctr('plugins', 'list')
        .split('\n')
        .some((line) => /\bcri\s.*\bok\s*$/.test(line));
    } catch {
      return false;
    }
  }

  async #removePods(): Promise<void> {
    const connection = await connectRuntime(this.socket);
    const { items } = await connection.runtime.listPodSandbox({ filter: {} });
    await Promise.all(
      items.map(async ({ id }) => {
        await connection.runtime.stopPodSandbox({ id });
        await connection.runtime.removePodSandbox({ id });
      }),
    );
    connection.close();
  }

  #shims(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && commandOf(name).includes(this.socket))
      .map(Number)
      .filter((pid) => pid !== process.pid);
  }

  /** The deepest first. */
  #mounts(): string[] {
    const mounted = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    return mounted.filter((path) => path.startsWith(`${this.folder}/`)).toSorted((a, b) => b.length - a.length);
  }

  #configure(): void {
    const subnet = `10.${randomInt(160, 250)}.${randomInt(0, 255)}.0/24`;
    mkdirSync(join(this.folder, 'net.d'));
    writeFileSync(
      join(this.folder, 'net.d/10-slipway.conflist'),
      JSON.stringify({
        cniVersion: '0.4.0',
        name: this.#bridge,
        plugins: [
          {
            type: 'bridge',
            bridge: this.#bridge,
            isGateway: true,
            ipMasq: true,
            hairpinMode: true,
            ipam: {
              type: 'host-local',
              dataDir: join(this.folder, 'addresses'),
              ranges: [[{ subnet }]],
              routes: [{ dst: '0.0.0.0/0' }],
            },
          },
          { type: 'portmap', capabilities: { portMappings: true } },
        ],
      }),
    );
    writeFileSync(
      join(this.folder, 'config.toml'),
      `version = 2
root = "${join(this.folder, 'root')}"
state = "${join(this.folder, 'state')}"
[grpc]
  address = "${this.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE.name}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI}"
    conf_dir = "${join(this.folder, 'net.d')}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.other]
    runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(this.folder, 'opt')}"
`,
    );
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
