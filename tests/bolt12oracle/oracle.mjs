// Answers one JSON question a line on stdin with one JSON line: what LDK says of BOLT 12 messages, and how fast it is.
//   {"judge": [[kind, message], ...]}                                       -> {"accepted": [true | false, ...]}
//   {"rate": build, "kind": kind, "messages": [message, ...], "seconds": s} -> {"perSecond": n}
// A kind is one of `read` below; a message is text where the kind says so, and otherwise the stream in hex.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as ldk from "lightningdevkit";
import * as boltz from "./node_modules/boltz-bolt12/boltz_bolt12_bg.js";

const files = new URL("./node_modules/", import.meta.url);
const log = console.log;
console.log = () => {}; // the bindings greet on stdout
await ldk.initializeWasmFromBinary(readFileSync(new URL("lightningdevkit/liblightningjs.wasm", files)));
console.log = log;
const wasm = readFileSync(new URL("boltz-bolt12/boltz_bolt12_bg.wasm", files));
const { instance } = await WebAssembly.instantiate(wasm, { "./boltz_bolt12_bg.js": boltz });
boltz.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();

const read = {
  ldk: {
    lno: (data) => ldk.Offer.constructor_read(data).is_ok(),
    lnr: (data) => ldk.InvoiceRequest.constructor_read(data).is_ok() || ldk.Refund.constructor_read(data).is_ok(),
    lni: (data) => ldk.Bolt12Invoice.constructor_read(data).is_ok(),
    "lno text": (text) => ldk.Offer.constructor_from_str(text).is_ok(),
    "bolt11 text": (text) => ldk.Bolt11Invoice.constructor_from_str(text).is_ok(),
  },
  boltz: {
    "lno text": (text) => new boltz.Offer(text).free(),
    "lni text": (text) => new boltz.Invoice(text).free(),
  },
};
const breath = () => new Promise(setImmediate); // lets the bindings free what was read

const given = (kind, message) => (kind.endsWith("text") ? message : Uint8Array.from(Buffer.from(message, "hex")));

async function judge(messages) {
  const accepted = [];
  for (const [kind, message] of messages) {
    const reader = read.ldk[kind];
    accepted.push(Boolean(reader(given(kind, message))));
    if (accepted.length % 200 === 0) await breath();
  }
  return { accepted };
}

async function rate({ rate, kind, messages, seconds }) {
  const reader = read[rate][kind];
  const wanted = messages.map((message) => given(kind, message));
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let i = 0; i < 100; i++) reader(wanted[count++ % wanted.length]);
    await breath();
  }
  return { perSecond: (count * 1000) / (performance.now() - started) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(asked.judge ? await judge(asked.judge) : await rate(asked)));
}
