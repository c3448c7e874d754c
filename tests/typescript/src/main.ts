/** `main.js register|hostile <claim as JSON>`: one JSON object a line on standard output, exit status 0 when all was said. */

import process from "node:process";

import { ask } from "./ask.js";
import type { Bus } from "./bus.js";
import { join } from "./bus.js";
import { follow } from "./follow.js";
import { hostile } from "./hostile.js";
import { messageOf, requestOf } from "./username.js";
import type { Claim, Message } from "./username.js";

const IDENTITY = "shopstr";

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Publish the same request twice, then follow it to its end. */
async function register(bus: Bus, claim: Claim): Promise<void> {
  const message = messageOf(requestOf(claim));
  const first = await ask(bus, message.subject, message.body, message.msgId);
  say({ event: "asked", op: message.op, ...first });
  say({ event: "asked-again", ...(await ask(bus, message.subject, message.body, message.msgId)) });
  if (first.outcome !== "stored") return;
  for await (const heard of follow(bus, "username.register", message.op, first.seq)) {
    if (heard.kind === "fact") say({ event: "fact", fact: heard.stored.fact.fact, next: heard.stored.next, seq: heard.stored.seq });
    else say({ event: heard.kind, ...heard });
  }
}

/** What becomes of one request that must not be taken. */
async function outcomeOf(bus: Bus, message: Message): Promise<Record<string, unknown>> {
  const asked = await ask(bus, message.subject, message.body, message.msgId);
  if (asked.outcome !== "stored") return { ...asked };
  for await (const heard of follow(bus, "username.register", message.op, asked.seq)) {
    if (heard.kind === "refused") return { outcome: "refused", code: heard.refusal.code };
    if (heard.kind === "ended") return { outcome: heard.success ? "succeeded" : "failed", code: heard.code };
  }
  return { outcome: "silence" };
}

async function main([verb, claimText]: readonly string[]): Promise<void> {
  const { NATS_URL, NKEY_SEED_FILE } = process.env;
  if (!verb || !claimText || !NATS_URL || !NKEY_SEED_FILE) throw new Error("usage: NATS_URL, NKEY_SEED_FILE, verb, claim");
  const claim = JSON.parse(claimText) as Claim;
  const bus = await join(NATS_URL, NKEY_SEED_FILE, IDENTITY);
  try {
    if (verb === "register") await register(bus, claim);
    else {
      const cases = Object.entries(hostile(claim));
      await Promise.all(cases.map(async ([name, message]) => say({ case: name, op: message.op, ...(await outcomeOf(bus, message)) })));
    }
    say({ event: "done", denials: bus.denials });
  } finally {
    await bus.nc.drain();
  }
}

await main(process.argv.slice(2));
