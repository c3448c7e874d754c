/** The connection: our own nkey, our own inbox, and everything that the server refuses seen. */

import { readFileSync } from "node:fs";

import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";

/** An open connection, and what the server has refused on it so far. */
export interface Bus {
  readonly nc: NatsConnection;
  readonly denials: string[];
}

/** Connect to `url` as the identity whose nkey seed is in `seedFile`. */
export async function join(url: string, seedFile: string, identity: string): Promise<Bus> {
  const seed = readFileSync(seedFile);
  const nc = await connect({
    servers: url,
    name: identity,
    authenticator: nkeyAuthenticator(new Uint8Array(Buffer.from(seed.toString("ascii").trim()))),
    inboxPrefix: `_INBOX.${identity}`, // each identity hears its own inbox only
    maxReconnectAttempts: -1,
  });
  const denials: string[] = [];
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") denials.push(status.error.message);
    }
  })();
  return { nc, denials };
}
