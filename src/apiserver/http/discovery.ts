import { createHash } from 'node:crypto';
import { apiVersionOf, byVersionPriority, type Kind, type KindRegistry, type Subresource } from '../../model/index.ts';
import { notServed } from '../refusals.ts';
import { SUBRESOURCE_VERBS } from '../subresources.ts';
import { parseAccept } from './accept.ts';
import { jsonAnswer, textAnswer, type Answer, type Asked } from './message.ts';

/** What is served, in both forms: group by group, and aggregated in one answer. */

const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Undefined: the path is none of discovery's. */
export function discovery(kinds: KindRegistry, { path, headers }: Asked): Answer | undefined {
  const [root, group, version, ...more] = path
    .split('/')
    .slice(1)
    .filter((step) => step !== '');
  if (more.length > 0) return undefined;
  if (root === 'api') {
    if (version !== undefined) return undefined;
    if (group !== undefined) return resourceList(kinds.inGroup('', group));
    return wantsAggregated(headers.accept)
      ? aggregated(kinds, (name) => name === '', headers['if-none-match'])
      : jsonAnswer(coreVersions(kinds));
  }
  if (root !== 'apis') return undefined;
  if (group === undefined) {
    return wantsAggregated(headers.accept)
      ? aggregated(kinds, (name) => name !== '', headers['if-none-match'])
      : jsonAnswer(groupList(kinds));
  }
  return version === undefined ? oneGroup(kinds, group) : resourceList(kinds.inGroup(group, version));
}

export function discoveryPaths(kinds: KindRegistry): readonly string[] {
  return [...versionsByGroup(kinds)].flatMap(([group, versions]) => {
    const roots = group ? ['/apis', `/apis/${group}`] : ['/api'];
    return [...roots, ...versions.map((version) => `${roots.at(-1)!}/${version}`)];
  });
}

function wantsAggregated(accept: string | undefined): boolean {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json') continue;
    if (parameters['as'] === undefined) return false;
    if (parameters['as'] === 'APIGroupDiscoveryList' && parameters['g'] === 'apidiscovery.k8s.io' && parameters['v'] === 'v2') return true;
  }
  return false;
}

/** Versions in the order in which clients prefer them: definitions of one group may come in any. */
function versionsByGroup(kinds: KindRegistry): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, version } of kinds.all()) {
    const versions = groups.get(group);
    if (!versions) groups.set(group, [version]);
    else if (!versions.includes(version)) versions.push(version);
  }
  for (const versions of groups.values()) versions.sort(byVersionPriority);
  return groups;
}

const coreVersions = (kinds: KindRegistry) => ({
  kind: 'APIVersions',
  versions: versionsByGroup(kinds).get('') ?? [],
  serverAddressByClientCIDRs: [],
});

function groupList(kinds: KindRegistry) {
  const groups = [...versionsByGroup(kinds)].filter(([name]) => name !== '').map(([name, versions]) => groupOf(name, versions));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

function oneGroup(kinds: KindRegistry, name: string): Answer {
  const versions = versionsByGroup(kinds).get(name);
  if (!versions) throw notServed();
  return jsonAnswer({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) });
}

function groupOf(name: string, versions: readonly string[]) {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/** What a client sends to a subresource, and gets from it, where that is not the object itself. */
const SUBRESOURCE_KINDS: Readonly<Partial<Record<Subresource, (kind: Kind) => { group?: string; version?: string; kind: string }>>> = {
  scale: () => ({ group: 'autoscaling', version: 'v1', kind: 'Scale' }),
  binding: () => ({ kind: 'Binding' }),
  eviction: () => ({ group: 'policy', version: 'v1', kind: 'Eviction' }),
  token: () => ({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }),
  exec: () => ({ kind: 'PodExecOptions' }),
  attach: () => ({ kind: 'PodAttachOptions' }),
  portforward: () => ({ kind: 'PodPortForwardOptions' }),
  proxy: ({ kind }) => ({ kind: `${kind}ProxyOptions` }),
};

const subresourceKind = (kind: Kind, name: Subresource) => SUBRESOURCE_KINDS[name]?.(kind) ?? { kind: kind.kind };

function resourceList(kinds: readonly Kind[]): Answer {
  const [first] = kinds;
  if (!first) throw notServed();
  const resources = kinds.flatMap((kind) => [resourceEntry(kind), ...kind.subresources.map((name) => subresourceEntry(kind, name))]);
  return jsonAnswer({
    kind: 'APIResourceList',
    ...(first.group ? { apiVersion: 'v1' } : {}),
    groupVersion: apiVersionOf(first),
    resources: resources.toSorted(byName),
  });
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

function resourceEntry(kind: Kind) {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs.toSorted(),
    ...names(kind),
    ...(isStored(kind) ? { storageVersionHash: storageVersionHash(kind) } : {}),
  };
}

function subresourceEntry(kind: Kind, name: Subresource) {
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...subresourceKind(kind, name),
    verbs: SUBRESOURCE_VERBS[name],
  };
}

const names = ({ shortNames, categories }: Kind) => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
});

const isStored = ({ verbs }: Kind) => verbs.includes('watch');

/** The version in which Kubernetes keeps a kind, where it does not serve that version. */
const KEPT_AS: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': 'v1beta1',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': 'v1beta1',
  'apiextensions.k8s.io/CustomResourceDefinition': 'v1beta1',
};

/** As Kubernetes computes it: clients compare it to notice that the stored form has changed. */
function storageVersionHash({ group, version, kind, stored }: Kind): string {
  const kept = stored?.version ?? KEPT_AS[`${group}/${kind}`] ?? version;
  return createHash('sha256')
    .update(`${stored?.group ?? group}/${kept}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}

function aggregated(kinds: KindRegistry, picks: (group: string) => boolean, known: string | undefined): Answer {
  const items = [...versionsByGroup(kinds)]
    .filter(([group]) => picks(group))
    .map(([group, versions]) => ({
      metadata: group ? { name: group } : {},
      versions: versions.map((version) => ({
        version,
        resources: aggregatedResources(kinds.inGroup(group, version)),
        freshness: 'Current',
      })),
    }));
  const text = JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items });
  const etag = `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`;
  const isKnown = known === etag;
  return {
    ...textAnswer(isKnown ? '' : text, isKnown ? 304 : 200, AGGREGATED_TYPE),
    headers: { etag, vary: 'Accept', 'cache-control': 'public' },
  };
}

function aggregatedResources(kinds: readonly Kind[]) {
  const resources = kinds.map((kind) => ({
    resource: kind.plural,
    responseKind: { group: '', version: '', kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs.toSorted(),
    ...names(kind),
    ...(kind.subresources.length > 0
      ? { subresources: kind.subresources.toSorted().map((name) => aggregatedSubresource(kind, name)) }
      : {}),
  }));
  return resources.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
}

function aggregatedSubresource(kind: Kind, name: Subresource) {
  return { subresource: name, responseKind: { group: '', version: '', ...subresourceKind(kind, name) }, verbs: SUBRESOURCE_VERBS[name] };
}
