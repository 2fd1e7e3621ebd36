import { FaultError } from './errors.ts';
import { MAYBE, MESSAGE, OURS } from './names.ts';

/** An expression as the evaluator reads it, and where its places are in what the user wrote. */
export interface Rewritten {
  readonly text: string;
  place(at: number): number;
}

/** What the evaluator calls the type of a message; throws where there is none. `at` is where its fields begin. */
export type TypeNamed = (message: string, at: number) => string;

/**
 * What the evaluator does not read is written as calls of ours: messages, and members that may be left out. Each function gets
 * a name of ours, and each number a zero before its point. Texts and comments stay as they are.
 */
export function rewrite(written: string, typeNamed: TypeNamed): Rewritten {
  const rewriter = new Rewriter(written, typeNamed);
  for (const { 0: token, index, groups = {} } of written.matchAll(TOKENS)) {
    if (index < rewriter.readTo) continue;
    rewriter[KINDS.find((kind) => groups[kind] !== undefined)!](token, index);
  }
  return rewriter;
}

/** Each token is read by the method with the name of its kind. */
const KINDS = ['value', 'escaped', 'idle', 'number', 'name', 'point', 'sign'] as const satisfies readonly (keyof Rewriter)[];

const TOKENS = new RegExp(
  [
    `(?<value>[rR](?<raw>"""|'''|"|')[^]*?\\k<raw>|(?<quote>"""|'''|"|')(?:\\\\[^]|(?!\\k<quote>)[^])*\\k<quote>)`,
    '(?<escaped>`[^`\\n]*`)',
    '(?<idle>\\s+|//.*)',
    '(?<number>\\d+(?:\\.\\d+)?\\w*|\\.\\d+\\w*)',
    '(?<name>[A-Za-z_]\\w*)',
    '(?<point>\\.(?:\\s*\\?)?)',
    '(?<sign>[^])',
  ].join('|'),
  'g',
);

/** `Object.spec` of `Object.spec{…}`, without what its name begins with. */
const MESSAGE_REST = /(?:\s*\.\s*[A-Za-z_]\w*)*(?=\s*\{)/y;
const CALL = /\s*\(/y;

/** What stands in one pair of brackets. */
interface Frame {
  readonly holds: 'items' | 'entries' | 'fields' | 'other';
  /** Whether a member begins here. */
  isNew: boolean;
  /** Whether the member may be left out. */
  isMaybe: boolean;
  /** Signs `?` that wait for their `:`. */
  conditions: number;
}

class Rewriter implements Rewritten {
  text = '';
  /** What stands before is read: the name of a message is read as a whole. */
  readTo = 0;
  readonly #written: string;
  readonly #typeNamed: TypeNamed;
  readonly #added: { readonly at: number; readonly size: number }[] = [];
  readonly #frames: Frame[] = [];
  /** Whether what was read last can be looked into, called or added to. */
  #isOperand = false;
  #isAfterPoint = false;
  /** Whether the fields of a message come next. */
  #isMessage = false;

  constructor(written: string, typeNamed: TypeNamed) {
    this.#written = written;
    this.#typeNamed = typeNamed;
    this.#open('other');
  }

  place(at: number): number {
    return this.#added.reduce((place, one) => (one.at < at ? place - one.size : place), at);
  }

  idle(token: string): void {
    this.text += token;
  }

  value(token: string, at: number): void {
    if (this.#isField) throw new FaultError(at, `Syntax error: mismatched input '${token}'`);
    this.text += token;
    this.#read(true);
  }

  number(token: string, at: number): void {
    if (token.startsWith('.') && !this.#isOperand) this.#insert('0');
    this.value(token, at);
  }

  point(token: string): void {
    this.text += token;
    this.#read(false);
    this.#isAfterPoint = true;
  }

  name(token: string, at: number): void {
    if (this.#isField) return this.#field(`"${token}"`, token.length);
    if (token === 'in') {
      this.text += token;
      return this.#read(false);
    }
    const rest = this.#isOperand || this.#isAfterPoint ? undefined : this.#follows(MESSAGE_REST, at + token.length);
    if (rest !== undefined) return this.#message(token + rest, at);
    if (this.#follows(CALL, at + token.length) !== undefined) this.#insert(OURS);
    this.value(token, at);
  }

  escaped(token: string, at: number): void {
    if (this.#isField) return this.#field(`"${token.slice(1, -1)}"`, token.length);
    this.value(token, at);
  }

  sign(token: string): void {
    const frame = this.#frames.at(-1)!;
    switch (token) {
      case '(':
      case '[':
      case '{':
        this.text += token;
        frame.isNew = false;
        return this.#begin(token);
      case ')':
      case ']':
      case '}':
        return this.#end(token, frame);
      case ',':
        this.#endMember(frame);
        this.text += token;
        this.#read(false);
        frame.isNew = true;
        return;
      case '?':
        if (frame.isNew && frame.holds !== 'other') return this.#maybe(frame);
        frame.conditions++;
        break;
      case ':':
        return this.#colon(frame);
      default:
    }
    this.text += token;
    this.#read(false);
  }

  get #isField(): boolean {
    const { holds, isNew } = this.#frames.at(-1)!;
    return holds === 'fields' && isNew;
  }

  #read(isOperand: boolean): void {
    this.#isOperand = isOperand;
    this.#isAfterPoint = false;
    this.#frames.at(-1)!.isNew = false;
  }

  #insert(more: string): void {
    this.#added.push({ at: this.text.length, size: more.length });
    this.text += more;
  }

  #open(holds: Frame['holds']): void {
    this.#frames.push({ holds, isNew: true, isMaybe: false, conditions: 0 });
  }

  #follows(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#written)?.[0];
  }

  #field(text: string, size: number): void {
    this.text += text;
    this.#added.push({ at: this.text.length - 1, size: text.length - size });
    this.#read(false);
  }

  #message(name: string, at: number): void {
    const end = at + name.length;
    this.#insert(`${MESSAGE}("${this.#typeNamed(name.replaceAll(/\s/g, ''), end)}", `);
    this.#added.push({ at: this.text.length - 1, size: -name.length });
    this.readTo = end;
    this.#isMessage = true;
    this.#read(false);
  }

  #begin(token: string): void {
    const holds = token === '(' ? 'other' : token === '[' ? (this.#isOperand ? 'other' : 'items') : 'entries';
    this.#isOperand = false;
    this.#isAfterPoint = false;
    this.#open(this.#isMessage ? 'fields' : holds);
    this.#isMessage = false;
  }

  #end(token: string, frame: Frame): void {
    this.#endMember(frame);
    this.text += token;
    if (this.#frames.length > 1) this.#frames.pop();
    if (frame.holds === 'fields') this.#insert(')');
    this.#read(true);
  }

  #maybe(frame: Frame): void {
    this.text += ' ';
    frame.isMaybe = true;
    if (frame.holds !== 'items') return;
    this.#insert(`${MAYBE}(`);
    frame.isNew = false;
  }

  #colon(frame: Frame): void {
    this.text += ':';
    this.#read(false);
    if (frame.conditions > 0) frame.conditions--;
    else if (frame.isMaybe) this.#insert(`${MAYBE}(`);
  }

  #endMember(frame: Frame): void {
    if (frame.isMaybe) this.#insert(')');
    frame.isMaybe = false;
  }
}
