import type { Attributes, Authorize, Identity } from '../../auth/index.ts';
import type { Library } from '../functions.ts';
import { Opaque } from '../values.ts';

/** Asks what somebody may. */
export class Authorizer extends Opaque {
  readonly type = 'kubernetes.authorization.Authorizer';
  readonly who: Identity;
  readonly authorize: Authorize;

  constructor(who: Identity, authorize: Authorize) {
    super();
    this.who = who;
    this.authorize = authorize;
  }

  equals(other: Authorizer): boolean {
    return this.who.user === other.who.user;
  }
}

interface Asked {
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}

abstract class Question extends Opaque {
  readonly from: Authorizer;
  readonly asked: Asked;

  constructor(from: Authorizer, asked: Asked) {
    super();
    this.from = from;
    this.asked = asked;
  }

  equals(other: Question): boolean {
    return JSON.stringify(this.asked) === JSON.stringify(other.asked);
  }
}

export class PathCheck extends Question {
  readonly type = 'kubernetes.authorization.PathCheck';
}

export class GroupCheck extends Question {
  readonly type = 'kubernetes.authorization.GroupCheck';
}

export class ResourceCheck extends Question {
  readonly type = 'kubernetes.authorization.ResourceCheck';
}

export class Decision extends Opaque {
  readonly type = 'kubernetes.authorization.Decision';
  readonly allowed: boolean;
  readonly reason: string;

  constructor({ allowed, reason }: { readonly allowed: boolean; readonly reason: string }) {
    super();
    this.allowed = allowed;
    this.reason = reason;
  }

  equals(other: Decision): boolean {
    return this.allowed === other.allowed && this.reason === other.reason;
  }
}

/** What the request itself is about. */
export const requestResource = (from: Authorizer, asked: Asked) => new ResourceCheck(from, asked);

const A = 'kubernetes.authorization';

function check({ from, asked }: Question, verb: string): Decision {
  const { path, group = '', resource = '', subresource, namespace, name } = asked;
  const rest = {
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
  };
  const wanted: Attributes = path === undefined ? ({ verb, group, resource, ...rest } as Attributes) : { verb, path };
  return new Decision(from.authorize(from.who, wanted));
}

const narrow = (part: keyof Asked) => ({ from, asked }: ResourceCheck, value: string) => new ResourceCheck(from, { ...asked, [part]: value }); // prettier-ignore

const same = (question: ResourceCheck) => question;

const asAccount = ({ authorize }: Authorizer, namespace: string, name: string) => {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return new Authorizer({ user: `system:serviceaccount:${namespace}:${name}`, groups }, authorize);
};

export const AUTHORIZER: Library = {
  [`.path(${A}.Authorizer, string): ${A}.PathCheck`]: (from: Authorizer, path: string) => new PathCheck(from, { path }),
  [`.group(${A}.Authorizer, string): ${A}.GroupCheck`]: (from: Authorizer, group: string) => new GroupCheck(from, { group }),
  [`.serviceAccount(${A}.Authorizer, string, string): ${A}.Authorizer`]: asAccount,
  [`.resource(${A}.GroupCheck, string): ${A}.ResourceCheck`]: ({ from, asked }: GroupCheck, resource: string) =>
    new ResourceCheck(from, { ...asked, resource }),
  [`.subresource(${A}.ResourceCheck, string): ${A}.ResourceCheck`]: narrow('subresource'),
  [`.namespace(${A}.ResourceCheck, string): ${A}.ResourceCheck`]: narrow('namespace'),
  [`.name(${A}.ResourceCheck, string): ${A}.ResourceCheck`]: narrow('name'),
  // RBAC knows of no selectors: who may, may with any.
  [`.fieldSelector(${A}.ResourceCheck, string): ${A}.ResourceCheck`]: same,
  [`.labelSelector(${A}.ResourceCheck, string): ${A}.ResourceCheck`]: same,
  [`.check(${A}.PathCheck, string): ${A}.Decision`]: check,
  [`.check(${A}.ResourceCheck, string): ${A}.Decision`]: check,
  [`.allowed(${A}.Decision): bool`]: ({ allowed }: Decision) => allowed,
  [`.reason(${A}.Decision): string`]: ({ reason }: Decision) => reason,
  [`.errored(${A}.Decision): bool`]: () => false,
  [`.error(${A}.Decision): string`]: () => '',
};
