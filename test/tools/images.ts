/** Container images that need no registry: a few files of this machine, and what they run, as an OCI layout. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface ImageRecipe {
  readonly name: string;
  /** Files of this machine by their paths in the image. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
}

const BUSYBOX = '/bin/busybox';

const PROGRAMS =
  'sh ash cat echo env false grep head hostname id ip kill ls mkdir mkfifo mount nc nslookup printf ps pwd rm sed seq sleep sort ' +
  'stat tail tar tee test touch tr true wc wget stty httpd chmod chown cp mv date dd df du find ping';

/** The files of a small system: busybox under the names of its programs. */
const SYSTEM: Readonly<Record<string, string>> = { '/bin/busybox': BUSYBOX };

export const BUSYBOX_IMAGE: ImageRecipe = { name: 'slipway.test/busybox:1', files: SYSTEM, command: ['sh'] };

export const PAUSE_IMAGE: ImageRecipe = {
  name: 'slipway.test/pause:1',
  files: SYSTEM,
  entrypoint: ['/bin/sleep', '2147483647'],
};

/** Node as it runs here, with the libraries that it is linked with. */
export function nodeImage(): ImageRecipe {
  const libraries = [...execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+)/g)].map(([path]) => path!);
  const files = Object.fromEntries(libraries.map((path) => [path, path]));
  return { name: 'slipway.test/node:1', files: { ...SYSTEM, ...files, '/usr/local/bin/node': process.execPath }, command: ['node'] };
}

/** Makes the images as one archive in the folder, to be imported. */
export async function buildImages(folder: string, recipes: readonly ImageRecipe[]): Promise<string> {
  const layout = mkdtempSync(join(folder, 'layout-'));
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const manifests = [];
  for (const recipe of recipes) manifests.push(await manifestOf(layout, recipe));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  const archive = `${layout}.tar`;
  execFileSync('tar', ['-C', layout, '-cf', archive, '.']);
  rmSync(layout, { recursive: true });
  return archive;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function manifestOf(layout: string, recipe: ImageRecipe): Promise<Descriptor> {
  const layer = await layerOf(layout, recipe.files);
  const config = writeBlob(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/bin:/bin'],
      ...(recipe.entrypoint ? { Entrypoint: recipe.entrypoint } : {}),
      ...(recipe.command ? { Cmd: recipe.command } : {}),
      ...(recipe.user ? { User: recipe.user } : {}),
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = writeBlob(layout, mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  return { ...manifest, annotations: { 'io.containerd.image.name': recipe.name } };
}

function writeBlob(layout: string, mediaType: string, content: object): Descriptor {
  const bytes = Buffer.from(JSON.stringify(content));
  const digest = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}

async function layerOf(layout: string, files: ImageRecipe['files']): Promise<Descriptor> {
  const root = mkdtempSync(`${layout}-root-`);
  for (const directory of ['bin', 'tmp', 'etc', 'usr/local/bin']) mkdirSync(join(root, directory), { recursive: true });
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(source, join(root, path));
  }
  for (const program of PROGRAMS.split(' ')) symlinkSync('busybox', join(root, 'bin', program));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nada:x:1000:\n');
  const archive = `${root}.tar`;
  execFileSync('tar', ['--owner=0', '--group=0', '--mtime=@0', '-C', root, '-cf', archive, '.']);
  rmSync(root, { recursive: true });
  const digest = createHash('sha256');
  await pipeline(createReadStream(archive), digest);
  const name = digest.digest('hex');
  const { size } = statSync(archive);
  renameSync(archive, join(layout, 'blobs/sha256', name));
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${name}`, size };
}
