import { MessageReader } from './message.ts';
import { messageOfKind } from './table.ts';
import { malformed, Wire } from './wire.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What every body begins with. */
const MAGIC = Buffer.from('k8s\0');

/** The `runtime.Unknown` around every object: what it is, and its bytes. */
interface Envelope {
  apiVersion: string;
  kind: string;
  encoding: string;
  bytes: Buffer;
}

/** The object of a body, with its kind and apiVersion. */
export function decodeProtobuf(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed("it does not begin with 'k8s' and a zero byte");
  const { apiVersion, kind, encoding, bytes } = readEnvelope(body.subarray(MAGIC.length));
  if (!kind) throw malformed("Object 'Kind' is missing in its type");
  if (!apiVersion) throw malformed("Object 'apiVersion' is missing in its type");
  if (encoding) throw malformed(`the content encoding ${encoding} is not known`);
  const message = messageOfKind(apiVersion, kind);
  if (!message)
    throw malformed(`no kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} has a protobuf form here; send it as JSON`);
  return { kind, apiVersion, ...(new MessageReader().read(message, bytes) as object) };
}

function readEnvelope(body: Buffer): Envelope {
  const envelope: Envelope = { apiVersion: '', kind: '', encoding: '', bytes: Buffer.alloc(0) };
  const wire = new Wire(body);
  while (!wire.isAtEnd) {
    const { field, wireType } = wire.tag();
    if (wireType !== 'bytes') throw unknownField('Unknown', field);
    if (field === 1) readType(wire.bytes(), envelope);
    else if (field === 2) envelope.bytes = wire.bytes();
    else if (field === 3) envelope.encoding = wire.string();
    else if (field === 4) wire.string();
    else throw unknownField('Unknown', field);
  }
  return envelope;
}

function readType(bytes: Buffer, envelope: Envelope): void {
  const wire = new Wire(bytes);
  while (!wire.isAtEnd) {
    const { field, wireType } = wire.tag();
    if (wireType !== 'bytes' || field > 2) throw unknownField('TypeMeta', field);
    if (field === 1) envelope.apiVersion = wire.string();
    else envelope.kind = wire.string();
  }
}

const unknownField = (message: string, number: number) =>
  malformed(`its envelope ${message} has a field ${number} that this server does not know`);
