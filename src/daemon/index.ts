/** Settings, the data directory, and the wiring: the only place that knows every room. */
export { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
export { startDaemon, type Daemon, type DaemonOptions } from './daemon.ts';
export {
  dataDirAt,
  dataDirOption,
  findDataDir,
  nearestDataDir,
  prepareDataDir,
  readRunning,
  takeBackDataDir,
  type DataDir,
  type Running,
} from './datadir.ts';
export { simulatedMachine, thisMachine } from './machine.ts';
export {
  DEFAULT_DATA_DIR,
  DEFAULT_INGRESS,
  DEFAULT_LISTEN,
  parseListen,
  SIMULATED_NETWORK,
  type GitSettings,
  type NetworkSettings,
  type RuntimeName,
  type Settings,
} from './settings.ts';
export { openRepository } from './repository.ts';
export { becomeLeader, type Leadership } from './leader.ts';
export { runControllers, runScheduler, type StandaloneOptions } from './standalone.ts';
export { stopPods } from './down.ts';
export { formatRecord, journalLine, matchesObject } from './journal.ts';
export { readJournal, verifyJournal, type JournalRecord } from '../store/index.ts';
