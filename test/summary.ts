import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one line that counts, and lets nothing be skipped where all must run. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.state() === 'failed' && module.children.size === 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    if (process.env['CI'] && count.skipped > 0) {
      console.log('tests were skipped, which must not happen here');
      process.exitCode = 1;
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`);
  }
}
