/** Owners, operations and digests, derived exactly as the mesh derives them. */

import { createHash } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

function token(material: Uint8Array): string {
  const bits = [...createHash("sha256").update(material).digest()].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: 26 }, (_, index) => ALPHABET[parseInt(bits.slice(index * 5, index * 5 + 5), 2)]).join("");
}

/** The owner behind a Nostr public key (64 lower-case hex characters). */
export function ownerOf(pubkey: string): string {
  return token(Buffer.concat([Buffer.from("shopstr/owner/"), Buffer.from(pubkey, "hex")]));
}

/** The operation that `owner` means by `key`: the same request is the same operation everywhere. */
export function opOf(owner: string, key: string): string {
  return token(Buffer.from(`${owner}\u0000${key}`));
}

/** Lower-case hex SHA-256 over canonical JSON: sorted keys, no spaces. */
export function digest(kind: string, fields: Record<string, string | null>): string {
  const all: Record<string, string | null> = { kind, ...fields };
  const sorted = Object.fromEntries(Object.keys(all).sort().map((name) => [name, all[name]]));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
