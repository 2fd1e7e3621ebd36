import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource } from '../../src/gitops/index.ts';
import { parseSigners } from '../../src/gitops/source/signature/signers.ts';
import { parseSshSignature } from '../../src/gitops/source/signature/sshsig.ts';
import { TestRepository } from './repository.ts';

let repository: TestRepository;
let folder: string;
beforeEach(() => {
  repository = new TestRepository();
  folder = mkdtempSync(join(tmpdir(), 'slipway-keys-'));
});
afterEach(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes a key; gives its public part as allowed signers have it. */
function key(name: string, ...type: string[]): string {
  execFileSync('ssh-keygen', ['-q', '-t', ...type, '-N', '', '-C', name, '-f', join(folder, name)]);
  return readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
}

function commitSignedBy(name: string, message = 'signed', files: Record<string, string> = { 'web/a.yaml': message }): string {
  for (const [path, text] of Object.entries(files)) repository.write(path, text);
  repository.git('add', '-A');
  repository.git('-c', 'gpg.format=ssh', '-c', `user.signingkey=${join(folder, name)}`, 'commit', '-q', '-S', '-m', message);
  return repository.git('rev-parse', 'HEAD');
}

function allow(...lines: string[]): Promise<string> {
  writeFileSync(join(folder, 'signers'), `# who may\n${lines.join('\n')}\n`);
  return openSource(repository.path, { allowedSigners: join(folder, 'signers') }).then(
    async (source) => (await source.snapshot()).commit.oid,
  );
}

const withKeys = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe.skipIf(!withKeys)('a commit', () => {
  it.each([
    ['Ed25519', 'ed25519'],
    ['RSA', 'rsa'],
    ['ECDSA on P-256', 'ecdsa', '-b', '256'],
    ['ECDSA on P-384', 'ecdsa', '-b', '384'],
    ['ECDSA on P-521', 'ecdsa', '-b', '521'],
  ])('signed with %s by an allowed signer is taken', async (_name, ...type) => {
    const line = `ada@example.com ${key('ada', ...type)}`;
    for (const message of ['one', 'two', 'three with an ümlaut\n\nand a body']) {
      const oid = commitSignedBy('ada', message);
      expect(await allow(line)).toBe(oid);
    }
  });

  it('that is not signed is refused with its name and the reason', async () => {
    const line = `ada@example.com ${key('ada', 'ed25519')}`;
    const oid = repository.commit('plain', { 'web/a.yaml': 'x' });
    await expect(allow(line)).rejects.toThrow(
      `commit ${oid.slice(0, 7)} of Ada <ada@example.com> is not taken: it is not signed, and only signed commits are allowed here ("git commit -S" signs one). What was applied last stays.`,
    );
  });

  it('signed by somebody else is refused', async () => {
    key('eve', 'ed25519');
    const line = `ada@example.com ${key('ada', 'ed25519')}`;
    commitSignedBy('eve');
    await expect(allow(line)).rejects.toThrow('the key that signed it is not among the allowed signers');
  });

  it('whose content was changed afterwards is refused', async () => {
    const line = `ada@example.com ${key('ada', 'ed25519')}`;
    const oid = commitSignedBy('ada');
    const forged = repository.git('cat-file', 'commit', oid).replace('signed', 'forged');
    writeFileSync(join(folder, 'forged'), `${forged}\n`);
    repository.git('reset', '-q', '--hard', repository.git('hash-object', '-t', 'commit', '-w', join(folder, 'forged')));
    await expect(allow(line)).rejects.toThrow('its signature does not fit its content');
  });

  it('is taken whoever wrote its ancestors: the tip vouches for what it contains', async () => {
    const line = `ada@example.com ${key('ada', 'ed25519')}`;
    repository.commit('plain', { 'web/a.yaml': 'x' });
    const oid = commitSignedBy('ada');
    expect(await allow(line)).toBe(oid);
  });

  it('is judged by the time for which its key is valid, and by what the key is for', async () => {
    const publicKey = key('ada', 'ed25519');
    const oid = commitSignedBy('ada');
    expect(await allow(`ada valid-after="20250101Z",valid-before="20270101Z" ${publicKey}`)).toBe(oid);
    await expect(allow(`ada valid-before="20250101Z" ${publicKey}`)).rejects.toThrow('was not valid at its time');
    await expect(allow(`ada namespaces="file" ${publicKey}`)).rejects.toThrow('allows no signer');
  });
});

describe('allowed signers', () => {
  it.each([
    ['a line that is no signer', 'ssh-ed25519 AAAA', 'signers:1: expected PRINCIPALS'],
    ['a certificate authority', 'ada cert-authority ssh-ed25519 AAAA', 'signers:1: the option cert-authority is not understood'],
    ['a time that is none', 'ada valid-after="soon" ssh-ed25519 AAAA', 'signers:1: soon is no time'],
  ])('refuse %s', (_name, text, expected) => {
    expect(() => parseSigners(text, 'signers')).toThrow(expected);
  });
});

it.each(['', 'hello', '-----BEGIN PGP SIGNATURE-----\n\nabc\n', '-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n'])(
  'what is no SSH signature is seen to be none: %j',
  (text) => {
    expect(parseSshSignature(text)).toBeUndefined();
  },
);
