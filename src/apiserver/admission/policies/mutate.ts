import { equalJson, StatusError, type FailureStatus } from '../../../base/index.ts';
import type { Kind, Manifest, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../../../model/index.ts';
import { adapt, Budget, DYN } from '../../cel/index.ts';
import { forbidden } from '../../refusals.ts';
import { shownOf, type Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import type { BoundMutating } from './bound.ts';
import { areMet, Failed, run } from './evaluate.ts';
import { compileMutatingPolicy, type CompiledMutation } from './expressions.ts';
import { inputsOf, Variables } from './inputs.ts';
import { invocationsOf, type Invocation, type Problem } from './invocations.ts';
import { patched } from './patched.ts';

type Asked = Invocation<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;
type Found = Problem<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;

/** What the server makes of what a policy left: read, with its defaults, and with what nobody may change. */
export type Remake = (patched: Manifest, as: Kind) => Manifest;

/** What policies make of an object on its way in. */
export class Mutations {
  readonly #bound: readonly BoundMutating[];
  readonly #question: Question;
  readonly #around: Surroundings;
  readonly #remake: Remake;
  /** What those left that want to be asked again about what comes after them. */
  readonly #left = new Map<string, Manifest>();

  constructor(bound: readonly BoundMutating[], question: Question, around: Surroundings, remake: Remake) {
    this.#bound = bound;
    this.#question = question;
    this.#around = around;
    this.#remake = remake;
  }

  /** The object as all of them want to have it, each seeing what those before it did. */
  first(object: Manifest): Manifest {
    return this.#ask(object, () => true);
  }

  /** Once more those that want to, where the object is not as they left it. */
  again(object: Manifest): Manifest {
    const isChanged = (left: Manifest | undefined) => left !== undefined && !equalJson(left, object);
    return this.#ask(object, (asked) => isChanged(this.#left.get(keyOf(asked))));
  }

  #ask(object: Manifest, wanted: (asked: Asked) => boolean): Manifest {
    const found: Found[] = [];
    let present = object;
    for (const one of invocationsOf(this.#bound, { ...this.#question, object }, this.#around)) {
      if ('problem' in one) found.push(one);
      else if (wanted(one)) present = this.#change(present, one, found);
    }
    const refusing = found.filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore');
    if (refusing.length > 0) throw new Refused(refusing, this.#question);
    return present;
  }

  #change(object: Manifest, asked: Asked, found: Found[]): Manifest {
    const { policy, binding } = asked;
    const { conditions, mutations } = compileMutatingPolicy(policy);
    const attempt = <T>(act: () => T): T | undefined => {
      try {
        return act();
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        found.push({ policy, binding, problem: error.message });
        return undefined;
      }
    };
    if (conditions.length > 0 && !attempt(() => areMet(conditions, this.#inputs(object, asked), new Budget()))) return object;
    let present = object;
    for (const mutation of mutations) present = attempt(() => this.#mutate(present, asked, mutation)) ?? present;
    if (policy.spec?.reinvocationPolicy === 'IfNeeded') this.#left.set(keyOf(asked), present);
    return present;
  }

  #mutate(object: Manifest, asked: Asked, mutation: CompiledMutation): Manifest {
    const { kind: as, policy } = asked;
    const budget = new Budget();
    const known = this.#inputs(object, asked);
    const variables = new Variables(compileMutatingPolicy(policy).variables, known, budget);
    const value = run(mutation, { ...known, variables }, budget);
    const shown = shownOf({ ...this.#question, object }, as).object!;
    const next = patched(mutation, value, shown, as, budget);
    if (next === shown) return object;
    const remade = this.#remake(next, as);
    return equalJson(remade, object) ? object : remade;
  }

  #inputs(object: Manifest, { kind, param }: Asked) {
    return { ...inputsOf({ ...this.#question, object }, kind, this.#around), params: adapt(DYN, param) };
  }
}

function keyOf({ policy, binding, param }: Asked): string {
  const { name = '', namespace = '' } = param?.metadata ?? {};
  return JSON.stringify([policy.metadata.name, binding.metadata.name, namespace, name]);
}

/** Told as the first of them tells it; the code is that of a policy's word, whatever the reason. */
class Refused extends StatusError {
  constructor(found: readonly Found[], { kind, name }: Question) {
    const causes = found.map(({ policy, binding, problem }) => {
      const who = binding ? `'${policy.metadata.name}' with binding '${binding.metadata.name}'` : JSON.stringify(policy.metadata.name);
      return { message: `policy ${who} denied request: ${problem}` };
    });
    super(found[0]!.isMisconfigured ? 'Forbidden' : 'Invalid', causes[0]!.message, { ...forbidden(kind, name, '').details, causes });
  }

  override toStatus(): FailureStatus {
    return { ...super.toStatus(), code: 403 };
  }
}
