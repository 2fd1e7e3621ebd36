import { NAMESPACES, type Kind, type Manifest } from '../../../model/index.ts';
import { adapt, Authorizer, CelError, DYN, OutOfBudget, requestResource, type Budget, type Dict, type Value } from '../../cel/index.ts';
import { aboutOf, shownOf, type Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import { NAMESPACE, REQUEST, type CompiledPolicy } from './expressions.ts';

type Inputs = Readonly<Record<string, Value>>;

/** What expressions see of a request, as it is seen by all policies that take it for this kind. */
export function inputsOf(question: Question, kind: Kind, around: Surroundings): Inputs {
  const { caller, name, namespace, subresource } = question;
  const place = namespace ? around.find(NAMESPACES, namespace) : undefined;
  const authorizer = new Authorizer(caller, around.authorize);
  const { group, plural: resource } = question.kind;
  const { object, oldObject } = shownOf(question, kind);
  return {
    object: adapt(DYN, object),
    oldObject: adapt(DYN, oldObject),
    namespaceObject: adapt(NAMESPACE, place && namespaceShown(place as unknown as Manifest)),
    request: adapt(REQUEST, aboutOf(question, kind)),
    authorizer,
    'authorizer.requestResource': requestResource(authorizer, {
      group,
      resource,
      name,
      ...(namespace ? { namespace } : {}),
      ...(subresource ? { subresource } : {}),
    }),
  };
}

function namespaceShown({ metadata, ...others }: Manifest): object {
  const { uid, ...rest } = metadata;
  return { ...others, metadata: { ...rest, UID: uid } };
}

/** The variables of a policy: each is worked out when it is first asked for. */
export class Variables implements Dict {
  readonly isDict = true;
  readonly #variables: CompiledPolicy['variables'];
  readonly #inputs: Inputs;
  readonly #budget: Budget;
  readonly #known = new Map<string, Value>();

  constructor(variables: CompiledPolicy['variables'], inputs: Inputs, budget: Budget) {
    this.#variables = variables;
    this.#inputs = { ...inputs, variables: this };
    this.#budget = budget;
  }

  get size(): number {
    return this.#variables.length;
  }

  keys(): readonly Value[] {
    return this.#variables.map(({ name }) => name);
  }

  get(key: Value): Value | undefined {
    const variable = this.#variables.find(({ name }) => name === key);
    if (!variable) return undefined;
    const { name, program } = variable;
    if (typeof program === 'string') throw new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${program}`);
    let value = this.#known.get(name);
    if (value === undefined) {
      try {
        value = program.run(this.#inputs, this.#budget);
      } catch (error) {
        if (error instanceof OutOfBudget || !(error instanceof CelError)) throw error;
        throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`);
      }
      this.#known.set(name, value);
    }
    return value;
  }
}
