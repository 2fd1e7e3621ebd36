/**
 * Request bodies in Kubernetes' protobuf encoding, which clients written in Go send for built-in kinds. They are read into what
 * JSON would have brought; answers are JSON. Library and table are loaded with the first such body.
 */
export { decodeProtobuf, PROTOBUF } from './envelope.ts';
