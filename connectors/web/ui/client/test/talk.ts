/**
 * A visitor over TCP: says numbered lines until all are echoed, and tells what it heard.
 *
 *     node talk.ts HOST PORT TOKEN LINES
 *
 * Its connection may break as often as it likes.
 */

import { Client, MESSAGEPACK } from "../src/index.ts";
import { tcp } from "../src/tcp.ts";

const [host = "", port = "", token = "", lines = ""] = process.argv.slice(2);
const client = new Client(
  {
    role: "connector",
    gateways: [{ peer: "web" }],
    token,
    // Killed and started within a second or two, the broker is back soon.
    tuning: { backoff: { first: 0.1, factor: 2, longest: 0.5, jitter: 0.5 } },
  },
  tcp(host, Number(port)),
  { encoding: MESSAGEPACK },
);

const heard: [number, string, boolean][] = [];
let confirmed = 0;
let connected = 0;
const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);

const { ref, started } = client.startChat({ Peer: "web", PartyName: "Jana" });
const closed = new Promise<void>((resolve) => {
  client.on((event) => {
    if (event.kind === "Connected") connected += 1;
    if (event.kind === "SentenceConfirmed") confirmed += 1;
    if (event.kind === "SentenceAdded") {
      const { Counter = 0, Text = "" } = event.sentence;
      heard.push([Counter ?? 0, Text ?? "", event.mine]);
      if (!event.mine) tell({ heard: Text });
    }
    if (event.kind === "ChatChanged" && event.status === "Closed") resolve();
  });
});
await started;
const echoes = Array.from({ length: Number(lines) }, (_, n) => client.send(ref, `visitor ${n}`));
for (const echo of echoes) tell({ echoed: (await echo).Text });
await closed;
tell({ heard, confirmed, connected });
client.close();
