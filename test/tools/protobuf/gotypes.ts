import { readFileSync } from 'node:fs';

/** A Go type as the run-time type information of a program tells it. */
export interface GoType {
  /** With its package's last element: `v1.Pod`; for unnamed types the expression. */
  readonly name: string;
  /** Full path of the package of a named type. */
  readonly packagePath: string;
  readonly kind: GoKind;
  readonly elem?: GoType;
  readonly key?: GoType;
  readonly fields?: readonly GoField[];
}

export interface GoField {
  readonly name: string;
  readonly tag: string;
  readonly type: GoType;
}

export type GoKind = (typeof KINDS)[number];

const KINDS = (
  'invalid bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 ' +
  'complex64 complex128 array chan func interface map pointer slice string struct unsafe'
).split(' ') as readonly ('bool' | 'int32' | 'int64' | 'uint8' | 'float64' | 'string' | 'map' | 'pointer' | 'slice' | 'struct' | 'other')[];

const FLAG_UNCOMMON = 1;
const FLAG_EXTRA_STAR = 2;
const FLAG_NAMED = 4;
const NAME_HAS_TAG = 2;

/** Where `internal/abi` keeps what is looked up, on 64-bit machines (Go 1.22 to 1.25). */
const AT = { flag: 20, kind: 23, name: 40, detail: 48, fields: 56, fieldCount: 64, field: 24, structUncommon: 80 };

/** The type information of a Go program for 64-bit Linux that is not position-independent: kubectl, helm. */
export class GoProgram {
  readonly #bytes: Buffer;
  readonly #sections: readonly { name: string; address: number; offset: number; size: number }[];
  readonly #types: number;
  readonly #known = new Map<number, GoType>();

  constructor(path: string) {
    this.#bytes = readFileSync(path);
    if (this.#bytes.readUInt32BE(0) !== 0x7f454c46 || this.#bytes[4] !== 2) throw new Error(`${path} is no 64-bit ELF program`);
    this.#sections = this.#readSections();
    this.#types = this.#section('.rodata').address;
  }

  /** Every struct that the program can reach by a pointer. */
  *structs(): Generator<GoType> {
    const { offset, size } = this.#section('.typelink');
    for (let at = offset; at < offset + size; at += 4) {
      const { kind, elem } = this.#read(this.#types + this.#bytes.readInt32LE(at));
      if (kind === 'pointer' && elem?.kind === 'struct') yield elem;
    }
  }

  #readSections() {
    const bytes = this.#bytes;
    const table = Number(bytes.readBigUInt64LE(40));
    const [entrySize, count, namesIndex] = [bytes.readUInt16LE(58), bytes.readUInt16LE(60), bytes.readUInt16LE(62)];
    const names = Number(bytes.readBigUInt64LE(table + namesIndex * entrySize + 24));
    return Array.from({ length: count }, (_, index) => {
      const at = table + index * entrySize;
      const name = names + bytes.readUInt32LE(at);
      const [address, offset, size] = [16, 24, 32].map((step) => Number(bytes.readBigUInt64LE(at + step))) as [number, number, number];
      return { name: bytes.toString('latin1', name, bytes.indexOf(0, name)), address, offset, size };
    });
  }

  #section(name: string) {
    const found = this.#sections.find((section) => section.name === name);
    if (!found) throw new Error(`the program has no section ${name}`);
    return found;
  }

  /** From an address to the place in the file. */
  #at(address: number): number {
    const section = this.#sections.find((each) => each.address > 0 && address >= each.address && address < each.address + each.size);
    if (!section) throw new Error(`the program has nothing at address ${address}`);
    return section.offset + (address - section.address);
  }

  #address(at: number): number {
    return Number(this.#bytes.readBigUInt64LE(at));
  }

  #read(address: number): GoType {
    const known = this.#known.get(address);
    if (known) return known;
    const at = this.#at(address);
    const flag = this.#bytes[at + AT.flag]!;
    const kind = KINDS[this.#bytes[at + AT.kind]! & 31]!;
    const spelled = this.#name(this.#types + this.#bytes.readInt32LE(at + AT.name)).name;
    const type = {
      name: flag & FLAG_EXTRA_STAR ? spelled.slice(1) : spelled,
      packagePath: flag & FLAG_NAMED && flag & FLAG_UNCOMMON && kind === 'struct' ? this.#packagePath(at + AT.structUncommon) : '',
      kind,
    };
    this.#known.set(address, type);
    return Object.assign(type, this.#detail(kind, at + AT.detail, at));
  }

  #detail(kind: GoKind, detail: number, at: number): Partial<GoType> {
    if (kind === 'pointer' || kind === 'slice') return { elem: this.#read(this.#address(detail)) };
    if (kind === 'map') return { key: this.#read(this.#address(detail)), elem: this.#read(this.#address(detail + 8)) };
    if (kind !== 'struct') return {};
    const first = this.#address(at + AT.fields);
    const fields = Array.from({ length: this.#address(at + AT.fieldCount) }, (_, index): GoField => {
      const field = this.#at(first + index * AT.field);
      return { ...this.#name(this.#address(field)), type: this.#read(this.#address(field + 8)) };
    });
    return { fields };
  }

  #packagePath(uncommon: number): string {
    const name = this.#bytes.readInt32LE(uncommon);
    return name === 0 ? '' : this.#name(this.#types + name).name;
  }

  #name(address: number): { name: string; tag: string } {
    const at = this.#at(address);
    const name = this.#text(at + 1);
    return { name: name.text, tag: this.#bytes[at]! & NAME_HAS_TAG ? this.#text(name.end).text : '' };
  }

  #text(at: number): { text: string; end: number } {
    let length = 0;
    let start = at;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[start++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return { text: this.#bytes.toString('utf8', start, start + length), end: start + length };
  }
}
