import type { PolicyRule } from '../../../model/index.ts';

/**
 * Rules in short, one a line: verbs, group, resources, and perhaps names.
 *
 *     read              apps   deployments,replicasets
 *     get,update        core   configmaps                settings
 *     get               paths  /healthz,/livez
 */
export function readRules(text: string): readonly PolicyRule[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(readRule);
}

const VERBS: Readonly<Record<string, string>> = {
  read: 'get,list,watch',
  write: 'create,delete,deletecollection,patch,update',
  own: 'create,delete,deletecollection,get,list,patch,update,watch',
};

function readRule(line: string): PolicyRule {
  const [verbs = '', group = '', what = '', names] = line.split(/ +/);
  const rule = { verbs: verbs.split(',').flatMap((verb) => (VERBS[verb] ?? verb).split(',')) };
  if (group === 'paths') return { ...rule, nonResourceURLs: what.split(',') };
  return {
    ...rule,
    apiGroups: group.split('|').map((name) => (name === 'core' ? '' : name)),
    resources: what.split(','),
    ...(names ? { resourceNames: names.split(',') } : {}),
  };
}
