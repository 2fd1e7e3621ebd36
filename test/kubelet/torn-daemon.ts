/** A daemon that starts containers one after another until it is killed. */
import { seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { processRuntime } from '../../src/kubelet/process/index.ts';

const [dir = '', round = ''] = process.argv.slice(2);
const runtime = await processRuntime({
  dir,
  clock: systemClock,
  random: seededRandom(process.pid),
  log: silentLog,
  podCidr: '127.64.0.0/12',
});
process.stdout.write('begins\n');
for (let pod = 0; ; pod++) {
  const podUid = `round-${round}-${pod}`;
  await runtime.ensureSandbox({ podUid, namespace: 'default', name: podUid, annotations: {} });
  await runtime.start({
    podUid,
    name: 'main',
    attempt: 0,
    image: '',
    command: ['sh', '-c', 'sleep 10000; :', podUid],
    args: [],
    env: {},
    mounts: [],
  });
  process.stdout.write('started\n');
}
