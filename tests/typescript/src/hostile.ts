/** Requests that must not be taken, by name: each is answered or refused, and none is lost in silence. */

import { subjects } from "../../../schemas/generated/shopstr.js";
import { opOf, ownerOf } from "./ids.js";
import { encode, messageOf, requestOf } from "./username.js";
import type { Claim, Message } from "./username.js";

const STREAM_TAKES = 64 * 1024;
const SERVER_TAKES = 256 * 1024;

/** Every case for a `claim` that would be good; each has an operation of its own. */
export function hostile(claim: Claim): Record<string, Message> {
  const good = (name: string, changes: Partial<Claim> = {}) => requestOf({ ...claim, key: `${claim.key}-${name}`, ...changes });
  const with_ = (name: string, body: Uint8Array): Message => ({ ...messageOf(good(name)), body });
  const changed = (name: string, changes: Record<string, unknown>): Message => with_(name, encode({ ...good(name), ...changes }));
  const elsewhere = (name: string, subject: (op: string) => string): Message => {
    const message = messageOf(good(name));
    return { ...message, subject: subject(message.op) };
  };
  const other = ownerOf("ab".repeat(32));
  return {
    "malformed-json": with_("malformed-json", new TextEncoder().encode('{"type": "username.register.v1", ')),
    "not-utf8": with_("not-utf8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])),
    "empty": with_("empty", new Uint8Array()),
    "missing-field": changed("missing-field", { username: undefined }),
    "wrong-type": changed("wrong-type", { username: 7 }),
    "unknown-type": changed("unknown-type", { type: "username.burn.v1" }),
    "wrong-owner": changed("wrong-owner", { owner: other }),
    "another-op": changed("another-op", { op: opOf(other, "k") }),
    "stale": changed("stale", { askedAt: "2020-01-01T00:00:00Z" }),
    "larger-than-stream": with_("larger-than-stream", new Uint8Array(STREAM_TAKES + 1).fill(0x20)),
    "larger-than-server": with_("larger-than-server", new Uint8Array(SERVER_TAKES + 1).fill(0x20)),
    "unknown-noun": elsewhere("unknown-noun", (op) => subjects.usernameRegister(op).replace("username", "bogus")),
    "unknown-verb": elsewhere("unknown-verb", (op) => subjects.usernameRegister(op).replace("register", "burn")),
    "a-fact": elsewhere("a-fact", (op) => subjects.ledger(ownerOf(claim.pubkey), op, "activated", "-")),
    "a-refusal": elsewhere("a-refusal", (op) => subjects.refused(op)),
    "another-kind": elsewhere("another-kind", (op) => subjects.nodeRegister(op)),
    "unknown-domain": messageOf(good("unknown-domain", { domain: "elsewhere.test" })),
    "reserved-name": messageOf(good("reserved-name", { username: "admin" })),
    "broken-name": messageOf(good("broken-name", { username: "a..b" })),
    "another-node": messageOf(good("another-node", { nodeId: `02${"cd".repeat(32)}` })),
  };
}
