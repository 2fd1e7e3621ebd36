import { readIfThere } from './procfs.ts';

/** What the machine knows of a user. */
export interface MachineUser {
  readonly group: number;
  readonly home: string;
  /** Of which it is a member beside its own. */
  readonly groups: readonly number[];
}

/** One that the machine does not know has the group 0 and no home, as in a container whose image does not know it. */
export function machineUser(uid: number): MachineUser {
  return userIn(readIfThere('/etc/passwd') ?? '', readIfThere('/etc/group') ?? '', uid);
}

export function userIn(passwd: string, group: string, uid: number): MachineUser {
  const [name, , , gid, , home] = rows(passwd).find(([, , id]) => Number(id) === uid) ?? [];
  if (name === undefined) return { group: 0, home: '/', groups: [] };
  const groups = rows(group).filter(([, , , members = '']) => members.split(',').includes(name));
  return { group: Number(gid), home: home || '/', groups: groups.map(([, , id]) => Number(id)) };
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(':'));
}
