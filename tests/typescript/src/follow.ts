/**
 * Following one operation to its end, without missing a fact: subscribe first, then read what is stored, then wait.
 *
 * News only says "look again": it is best effort. What is true is read from LEDGER and REFUSED with direct gets.
 */

import { jetstreamManager } from "@nats-io/jetstream";
import type { JetStreamManager } from "@nats-io/jetstream";

import { FLOWS, subjects } from "../../../schemas/generated/shopstr.js";
import type { Fact, FlowName, RequestRefused } from "../../../schemas/generated/shopstr.js";
import type { Bus } from "./bus.js";

/** One fact as stored; `next` is who has to act, `-` for nobody. */
export interface Stored {
  readonly seq: number;
  readonly next: string;
  readonly fact: Fact;
}

/** What a follower hears: facts in order, then how it ended. */
export type Heard =
  | { readonly kind: "fact"; readonly stored: Stored }
  | { readonly kind: "ended"; readonly success: boolean; readonly code: string | null }
  | { readonly kind: "refused"; readonly refusal: RequestRefused };

const LOOK_ANYWAY_MS = 2000;

/** Follow `op` of `flow`; `askedAs` is the sequence at which the request was stored, so that an older refusal is not taken for its own. */
export async function* follow(bus: Bus, flow: FlowName, op: string, askedAs: number): AsyncGenerator<Heard> {
  const jsm = await jetstreamManager(bus.nc, { checkAPI: false });
  const news = newsOf(bus, op);
  let seen = 0;
  try {
    await bus.nc.flush();
    for (;;) {
      const waiting = news.next();
      const facts = await read(jsm, op);
      for (const stored of facts) {
        if (stored.seq <= seen) continue;
        seen = stored.seq;
        yield { kind: "fact", stored };
      }
      const end = ending(flow, facts);
      if (end) return yield end;
      const refusal = await refusalOf(jsm, op);
      if (refusal && refusal.seq === askedAs) return yield { kind: "refused", refusal };
      await waiting;
    }
  } finally {
    news.stop();
  }
}

function newsOf(bus: Bus, op: string): { next(): Promise<void>; stop(): void } {
  let wake: () => void = () => undefined;
  const subscription = bus.nc.subscribe(subjects.factNews(op, "*"), { callback: () => wake() });
  return {
    next: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, LOOK_ANYWAY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    stop: () => subscription.unsubscribe(),
  };
}

async function read(jsm: JetStreamManager, op: string): Promise<Stored[]> {
  const found: Stored[] = [];
  const wanted = { multi_last: [subjects.ledger("*", op, "*", "*")] };
  for await (const message of await jsm.direct.getLastMessagesFor("LEDGER", wanted)) {
    found.push({ seq: message.seq, next: message.subject.split(".").at(-1) ?? "-", fact: message.json<Fact>() });
  }
  return found.sort((one, other) => one.seq - other.seq);
}

async function refusalOf(jsm: JetStreamManager, op: string): Promise<RequestRefused | null> {
  const message = await jsm.direct.getMessage("REFUSED", { last_by_subj: subjects.refused(op) });
  return message?.json<RequestRefused>() ?? null;
}

/** How it ended: the newest fact that is more than a note leaves nobody to act. */
function ending(flow: FlowName, facts: readonly Stored[]): Heard | null {
  const { done, notes } = FLOWS[flow];
  const moves = facts.filter(({ fact }) => !(notes as readonly string[]).includes(fact.fact));
  const last = moves.at(-1);
  if (!last || last.next !== "-") return null;
  const success = last.fact.fact === done.at(-1);
  const failed = moves.map(({ fact }) => fact).find((fact) => fact.fact === "failed");
  return { kind: "ended", success, code: failed?.fact === "failed" ? failed.code : null };
}
