/** Putting a request on the bus, once: the same message id again is the same request, whatever happened to the answer. */

import { JetStreamApiError, jetstream } from "@nats-io/jetstream";
import { InvalidArgumentError, PermissionViolationError, RequestError, TimeoutError } from "@nats-io/transport-node";

import type { Bus } from "./bus.js";

/** What became of a publish. `unknown`: nobody answered; ask again with the same id. */
export type Asked =
  | { readonly outcome: "stored"; readonly seq: number; readonly duplicate: boolean }
  | { readonly outcome: "too-large"; readonly by: "client" | "server" }
  | { readonly outcome: "not-permitted" }
  | { readonly outcome: "refused-by-server"; readonly code: number }
  | { readonly outcome: "unknown" };

const TOO_LARGE = 10054;
const PAUSES_MS = [100, 300, 1000, 3000];

/** Publish `body` on `subject` under `msgId` until the server has answered. */
export async function ask(bus: Bus, subject: string, body: Uint8Array, msgId: string): Promise<Asked> {
  for (const pause of [...PAUSES_MS, 0]) {
    const asked = await once(bus, subject, body, msgId);
    if (asked.outcome !== "unknown") return asked;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return { outcome: "unknown" };
}

async function once(bus: Bus, subject: string, body: Uint8Array, msgId: string): Promise<Asked> {
  try {
    const ack = await jetstream(bus.nc).publish(subject, body, { msgID: msgId });
    return { outcome: "stored", seq: ack.seq, duplicate: ack.duplicate };
  } catch (error) {
    return meaning(error);
  }
}

function meaning(error: unknown): Asked {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof PermissionViolationError) return { outcome: "not-permitted" };
  if (cause instanceof InvalidArgumentError) return { outcome: "too-large", by: "client" };
  if (cause instanceof JetStreamApiError) {
    return cause.code === TOO_LARGE ? { outcome: "too-large", by: "server" } : { outcome: "refused-by-server", code: cause.code };
  }
  if (cause instanceof TimeoutError || cause instanceof RequestError) return { outcome: "unknown" };
  throw error;
}
