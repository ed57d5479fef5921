// A visitor in plain JSON over a socket: no library but Node's own.
// node json_client.mjs HOST PORT TOKEN    starts a chat, says a sentence, hears an answer, stops.
import { connect } from "node:net";

const [host, port, token] = process.argv.slice(2);
const socket = connect(Number(port), host);
const heard = [];
let waiting = () => {};
let rest = Buffer.alloc(0);

socket.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
    const end = 4 + rest.readUInt32BE(0);
    heard.push(JSON.parse(rest.subarray(4, end).toString("utf8")));
    rest = rest.subarray(end);
  }
  waiting();
});

function say(type, payload, headers) {
  const body = Buffer.from(JSON.stringify(headers ? [type, payload, headers] : [type, payload]));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  socket.write(Buffer.concat([length, body]));
}

async function hear(wanted) {
  for (;;) {
    const place = heard.findIndex(([type, payload]) => wanted(type, payload));
    if (place >= 0) return heard.splice(place, 1)[0];
    await new Promise((done) => (waiting = done));
  }
}

const Peer = "web";
const TrackingId = "v\u{1f642}";
say("SYS_HELLO", { Version: 1, Role: "connector", Peers: [Peer], Token: token, Software: "node" });
const [, welcome] = await hear((type) => type === "SYS_WELCOME");
say("ES_CHAT_RESYNC", { Peer }, { Id: 1 });
const [, list, headers] = await hear((type) => type === "SE_CHAT_LIST");
say("ES_CHAT_START", { Peer, TrackingId, PartyName: "Jana" }, { Id: "start" });
await hear((type, status) => type === "SE_CHAT_STATUS" && status.Status === "Answered");
const now = new Date();
say("ES_CHAT_SENTENCE", { Peer, TrackingId, ID: "s1", Text: "Dobrý den \u2028 \u{1f642}", TimeSent: now });
const [, echo] = await hear((type, said) => type === "SE_CHAT_SENTENCE" && said.ID === "s1");
const [, answer] = await hear((type, said) => type === "SE_CHAT_SENTENCE" && said.IsOutbound);
say("ES_CHAT_CONFIRM", { Peer, TrackingId, ID: answer.ID }, { Id: 2 });
await hear((type) => type === "SYS_ACK");
say("ES_CHAT_STOP", { Peer, TrackingId });
const [, end] = await hear((type, status) => type === "SE_CHAT_STATUS" && status.Status === "Closed");
socket.end();
const told = { list, re: headers.Re, frameBytes: welcome.FrameBytes, echo, answer, end };
process.stdout.write(JSON.stringify({ ...told, sameTime: Date.parse(echo.TimeSent) === now.getTime() }));
