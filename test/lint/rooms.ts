/**
 * The import rules of the design, as a lint rule. A room is a folder of `src/`; it is entered through its `index.ts`,
 * only from the rooms that the table names; an outside package has one home.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ['base'],
  store: ['base'],
  client: ['base', 'model'],
  status: ['base', 'model', 'client'],
  apiserver: ['base', 'model', 'store', 'client'],
  gitops: ['base', 'model', 'client', 'status'],
  controllers: ['base', 'model', 'client', 'status'],
  scheduler: ['base', 'model', 'client', 'status'],
  kubelet: ['base', 'model', 'client', 'status'],
  network: ['base', 'model', 'client', 'status'],
  daemon: ['base', 'model', 'store', 'client', 'status', 'apiserver', 'gitops', 'controllers', 'scheduler', 'kubelet', 'network'],
  cli: ['base', 'model', 'client', 'status', 'gitops', 'daemon'],
  ui: ['model', 'client'],
};

/** Where each outside package is at home: a folder of `src/`. */
const HOMES: Readonly<Record<string, string>> = {
  '@grpc/grpc-js': 'kubelet/cri',
  '@grpc/proto-loader': 'kubelet/cri',
  '@marcbachmann/cel-js': 'apiserver/cel',
  '@peculiar/asn1-csr': 'model/kinds/certificates',
  '@peculiar/asn1-schema': 'model/kinds/certificates',
  '@peculiar/asn1-x509': 'model/kinds/certificates',
  '@peculiar/utils': 'model/kinds/certificates',
  '@peculiar/x509': 'apiserver/auth',
  chokidar: 'gitops/source',
  commander: 'cli',
  diff: 'gitops/plan,gitops/why',
  'dns-packet': 'network/dns',
  croner: 'controllers/cronjob,model/kinds',
  'isomorphic-git': 'gitops/source',
  jose: 'apiserver/auth',
  'js-yaml': 'base',
  picocolors: 'gitops/plan,cli',
  pino: 'base',
  'prom-client': 'apiserver/http',
  protobufjs: 'apiserver/http/protobuf',
  'reflect-metadata': 'apiserver/auth',
  undici: 'network/ingress',
  ws: 'apiserver/http,kubelet',
  yaml: 'base',
};

/** What of an import breaks which rule; undefined when all is well. `from` and the answer are paths below `src/`. */
export function violation(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) return homeViolation(from, specifier);
  const room = from.split('/')[0]!;
  const target = resolve(from, specifier);
  const [targetRoom, ...rest] = target.split('/') as [string, ...string[]];
  if (targetRoom === room) return undefined;
  if (!(targetRoom in ROOMS)) return `${target} is outside src/`;
  if (!ROOMS[room]?.includes(targetRoom))
    return `${room}/ must not import ${targetRoom}/ (it may import: ${ROOMS[room]?.join(', ') || 'nothing of ours'})`;
  if (rest.join('/') !== 'index.ts') return `${targetRoom}/ is entered through its index.ts, not through ${rest.join('/')}`;
  return undefined;
}

function homeViolation(from: string, specifier: string): string | undefined {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const homes = HOMES[name]?.split(',');
  if (!homes) return `the package ${name} has no home yet: name one in test/lint/rooms.ts`;
  if (homes.some((home) => from.startsWith(`${home}/`))) return undefined;
  return `the package ${name} is at home in ${homes.join(' and ')}/, and is imported only there`;
}

function resolve(from: string, specifier: string): string {
  const path = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') path.pop();
    else if (part !== '.') path.push(part);
  }
  return path.join('/');
}

interface ImportNode {
  readonly source: { readonly value: unknown } | null;
}

interface RuleContext {
  readonly filename: string;
  report(problem: { node: unknown; message: string }): void;
}

const rooms = {
  create(context: RuleContext) {
    const at = context.filename.lastIndexOf('/src/');
    if (at < 0) return {};
    const from = context.filename.slice(at + '/src/'.length);
    const check = (node: ImportNode) => {
      if (typeof node.source?.value !== 'string') return;
      const message = violation(from, node.source.value);
      if (message) context.report({ node: node.source, message });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

export default { meta: { name: 'slipway' }, rules: { rooms } };
