import { afterAll, expect } from 'vitest';
import { openScopes } from '../src/base/index.ts';

/** Whatever a test file starts, it ends. */
afterAll(() => expect(openScopes(), 'scopes that were left open').toEqual([]));
