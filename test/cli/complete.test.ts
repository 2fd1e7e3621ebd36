import { execFileSync } from 'node:child_process';
import { Argument, Command, Option } from 'commander';
import { describe, expect, it, test } from 'vitest';
import { complete, completionScript } from '../../src/cli/complete.ts';

const program = new Command('slipway');
program
  .command('status')
  .argument('[application]')
  .option('--wait')
  .option('--timeout <time>')
  .addOption(new Option('-o, --output <format>').choices(['table', 'json']));
program.command('approve').argument('<plan|application>');
program.command('log').option('-f, --follow').command('verify');
program.command('shell').addArgument(new Argument('<name>').choices(['bash', 'fish']));
program.command('complete', { hidden: true });

const after = (...words: string[]) => complete(program, words, async () => ['web', 'api']);

describe('what fits after', () => {
  test.each([
    [[''], ['status', 'approve', 'log', 'shell']],
    [['st'], ['status']],
    [
      ['status', ''],
      ['web', 'api'],
    ],
    [['status', 'w'], ['web']],
    [['status', 'web', ''], []],
    [['status', '--w'], ['--wait']],
    [
      ['status', '-o', ''],
      ['table', 'json'],
    ],
    [['status', '--output', 'j'], ['json']],
    [['status', '--timeout', ''], []],
    [
      ['status', '--timeout', '5m', ''],
      ['web', 'api'],
    ],
    [['approve', 'a'], ['api']],
    [['log', ''], ['verify']],
    [['log', '--fo'], ['--follow']],
    [['shell', 'f'], ['fish']],
    [['nothing', ''], []],
  ])('%j is %j', async (words, expected) => {
    expect(await after(...words)).toEqual(expected);
  });
});

describe('the script for', () => {
  it('bash completes a command', () => {
    const script = `slipway() { printf 'status\\nstop\\n'; }; ${completionScript('bash')}
      COMP_WORDS=(slipway st); COMP_CWORD=1; _slipway; echo "\${COMPREPLY[*]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('status stop\n');
  });

  it('fish completes files only where the command knows nothing', () => {
    expect(completionScript('fish')).toMatch(/count \$found\) -gt 0[^]*string join \\n[^]*else[^]*__fish_complete_path/);
    expect(completionScript('fish')).toMatch(/^complete -c slipway -f /m);
  });

  it.each(['zsh', 'fish'])('%s asks the command for candidates', (shell) => {
    expect(completionScript(shell)).toMatch(/ complete -- /);
  });
});
