/**
 * Sessions that another program drives by lines of JSON, to hold them against another implementation.
 *
 * Each line is `{id, method, args, ids, draws}` and is answered by one: what the call gave or threw, what
 * happened, what is to be sent (in hexadecimal), and where the session stands.
 */

import { createInterface } from "node:readline";
import {
  type ChatRef,
  MESSAGEPACK,
  ChatRef as Ref,
  Session,
  type Settings,
  type Wire,
} from "../src/index.ts";

interface Call {
  id: number;
  method: string;
  args: unknown[];
  ids: string[];
  draws: number[];
}

const sessions = new Map<number, Session>();
let ids: string[] = [];
let draws: number[] = [];

const newId = () => ids.shift() ?? "no key was made there";
const random = () => draws.shift() ?? Number.NaN;
const hex = (wire: Wire) => Buffer.from(wire as Uint8Array).toString("hex");
const refOf = (key: unknown): ChatRef => {
  const [peer, port, name] = JSON.parse(String(key));
  return new Ref(peer, name, port || null);
};

/** What JSON brings, whose types the other program knows. */
type Given = ReturnType<typeof JSON.parse>;

const methods: Record<string, (session: Session, ...args: Given[]) => unknown> = {
  dialled: (session, now) => session.dialled(now),
  receive: (session, body, now) => session.receive(Buffer.from(body, "hex"), now),
  tick: (session, now) => session.tick(now),
  lost: (session, now, why) => session.lost(now, why),
  dialNow: (session, now) => session.dialNow(now),
  close: (session, now) => session.close(now),
  request: (session, type, payload, now, key) =>
    session.request(type, payload, now, key && refOf(key)),
  startChat: (session, info, now) => session.startChat(info, now).ref.key,
  send: (session, key, text, now, saying) => session.send(refOf(key), text, now, saying),
  confirm: (session, key, id, now) => session.confirm(refOf(key), id, now),
  typing: (session, key, isTyping, now) => session.typing(refOf(key), isTyping, now),
  unsent: (session, key) => session.unsent(refOf(key)),
  data: (session) => session.dataToSend().map(hex),
};

function answer({ id, method, args, ...given }: Call): unknown {
  ids = given.ids;
  draws = given.draws;
  if (method === "new") {
    const [settings, now] = args as [Settings, number];
    sessions.set(id, new Session(settings, { now, random, newId, encoding: MESSAGEPACK }));
  }
  const session = sessions.get(id);
  if (session === undefined) throw new Error("no such session");
  const told: { result?: unknown; error?: unknown } = {};
  try {
    if (method !== "new") told.result = methods[method]?.(session, ...args);
  } catch (error) {
    const { name, code } = error as Error & { code?: string };
    told.error = { name, code };
  }
  const { phase, dialAt, hangUp, nextDeadline } = session;
  return { ...told, left: [ids.length, draws.length], phase, dialAt, hangUp, nextDeadline };
}

/** Errors as what they are, since JSON would have them empty. */
const plain = (_: string, value: unknown) =>
  value instanceof Error ? { ...value, name: value.name, message: value.message } : value;

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)), plain)}\n`);
}
