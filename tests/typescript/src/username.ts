/** The request that claims a name, as the generated types have it. */

import { subjects } from "../../../schemas/generated/shopstr.js";
import type { UsernameRegister } from "../../../schemas/generated/shopstr.js";
import { digest, opOf, ownerOf } from "./ids.js";

/** What somebody wants: a name for a node of theirs, under a key of their choice. */
export interface Claim {
  readonly pubkey: string;
  readonly nodeId: string;
  readonly username: string;
  readonly domain: string;
  readonly key: string;
}

/** A message for the bus: where, what, and the id that makes a repetition harmless. */
export interface Message {
  readonly op: string;
  readonly subject: string;
  readonly body: Uint8Array;
  readonly msgId: string;
}

/** The request for `claim`. */
export function requestOf({ pubkey, nodeId, username, domain, key }: Claim): UsernameRegister {
  const owner = ownerOf(pubkey);
  return {
    type: "username.register.v1",
    op: opOf(owner, key),
    owner,
    pubkey,
    bodySha256: digest("username.register", { name: `${username}@${domain}`, nodeId }),
    askedAt: new Date().toISOString(),
    username,
    domain,
    nodeId,
  };
}

/** `request` as a message. */
export function messageOf(request: UsernameRegister): Message {
  return {
    op: request.op,
    subject: subjects.usernameRegister(request.op),
    body: encode(request),
    msgId: `${request.op}:register`,
  };
}

/** A value as JSON bytes. */
export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
