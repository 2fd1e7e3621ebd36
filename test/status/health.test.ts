import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deepFreeze, parseYaml } from '../../src/base/index.ts';
import type { HealthState, KubeObject } from '../../src/model/index.ts';
import { healthOf, isWorse } from '../../src/status/index.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/health');
const STATES: Readonly<Record<string, HealthState>> = {
  healthy: 'Healthy',
  progressing: 'Progressing',
  degraded: 'Degraded',
  suspended: 'Suspended',
  unknown: 'Unknown',
};

/** A file's name begins with its state; its first line is the message that people see, or `-` for none. */
const cases = readdirSync(FIXTURES).flatMap((kind) =>
  readdirSync(join(FIXTURES, kind)).map((file) => {
    const text = readFileSync(join(FIXTURES, kind, file), 'utf8');
    const said = text.slice(2, text.indexOf('\n'));
    const state = STATES[basename(file, '.yaml').split('-', 1)[0]!];
    return { name: `${kind}/${basename(file, '.yaml')}`, text, expected: said === '-' ? { state } : { state, message: said } };
  }),
);

describe('healthOf', () => {
  it.each(cases)('$name', ({ text, expected }) => {
    const object = deepFreeze(parseYaml(text)[0]!.value as KubeObject);
    expect(healthOf(object)).toEqual(expected);
  });
});

describe('isWorse', () => {
  it.each([
    ['Degraded', 'Missing'],
    ['Missing', 'Progressing'],
    ['Progressing', 'Suspended'],
    ['Suspended', 'Healthy'],
  ] as const)('%s is worse than %s', (worse, better) => {
    expect(isWorse(worse, better)).toBe(true);
    expect(isWorse(better, worse)).toBe(false);
  });
});
