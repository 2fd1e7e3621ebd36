import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectlPath, Sandbox } from './sandbox.ts';

describe.skipIf(!kubectlPath)('streams into a pod, with real kubectl', () => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;
  const config = () => ['--kubeconfig', join(sandbox.dataDir, 'kubeconfig')];

  beforeAll(async () => {
    await sandbox.prepare();
    await sandbox.up();
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
  });
  afterAll(() => sandbox.close());

  /** Runs kubectl with an input, and gives what it says and its exit code. */
  function typed(input: string, ...args: string[]): Promise<{ out: string; code: number | null }> {
    const child = spawn(kubectlPath!, [...config(), ...args]);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stdin.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ out, code })));
  }

  test('exec brings the output, the input and the exit code', async () => {
    expect(await kubectl('exec', 'deployment/web', '--', 'sh', '-c', 'echo $MESSAGE')).toBe('Hello from Slipway\n');
    expect(await typed('typed\n', 'exec', '-i', 'deployment/web', '--', 'cat')).toEqual({ out: 'typed\n', code: 0 });
    expect(await typed('', 'exec', 'deployment/web', '--', 'sh', '-c', 'exit 7')).toMatchObject({ code: 7 });
  });

  test('exec is refused with the reason, and to whom it is not allowed', async () => {
    expect(await typed('', 'exec', 'deployment/web', '-c', 'none', '--', 'true')).toMatchObject({
      code: 1,
      out: expect.stringContaining('container none is not valid') as string,
    });
    const stranger = await typed('', 'exec', 'deployment/web', '--as', 'stranger', '--', 'true');
    expect(stranger).toMatchObject({ code: 1, out: expect.stringContaining('Forbidden') as string });
  });

  test('cp takes a file there and back', async () => {
    const pod = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    const [from, back] = [join(sandbox.folder, 'from'), join(sandbox.folder, 'back')];
    const place = join(sandbox.folder, 'there');
    writeFileSync(from, randomBytes(3_000_000));
    await kubectl('cp', from, `${pod}:${place}`);
    await kubectl('cp', `${pod}:${place}`, back);
    expect(readFileSync(back).equals(readFileSync(from))).toBe(true);
  });

  test('port-forward carries requests to the pod', async () => {
    const child = spawn(kubectlPath!, [...config(), 'port-forward', 'deployment/web', ':8080']);
    const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
    const url = `http://${/127\.0\.0\.1:\d+/.exec(line)![0]}/`;
    const answers = await Promise.all([1, 2, 3].map(() => fetched(url)));
    child.kill();
    expect(answers.every((answer) => answer.startsWith('Hello from Slipway'))).toBe(true);
  });
});

function fetched(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
