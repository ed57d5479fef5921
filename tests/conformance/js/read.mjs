// Reads frames in hexadecimal from a JSON array on standard input and prints what they hold,
// then every frame written anew, so that both directions are tried.
import { readFileSync } from "node:fs";
import { decode, encode, ExtensionCodec, decodeTimestampToTimeSpec } from "@msgpack/msgpack";
import { encodeTimeSpecToTimestamp } from "@msgpack/msgpack";

class Time {
  constructor({ sec, nsec }) {
    this.spec = { sec, nsec };
  }
  toJSON() {
    const micros = Math.floor(this.spec.nsec / 1000);
    const whole = new Date(this.spec.sec * 1000).toISOString().slice(0, 19);
    return micros ? `${whole}.${String(micros).padStart(6, "0")}Z` : `${whole}Z`;
  }
}

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: -1,
  encode: (value) => (value instanceof Time ? encodeTimeSpecToTimestamp(value.spec) : null),
  decode: (data) => new Time(decodeTimestampToTimeSpec(data)),
});

function read(hex) {
  const bytes = Buffer.from(hex, "hex");
  const length = bytes.readUInt32BE(0);
  if (length !== bytes.length - 4) throw new Error("the length is wrong");
  const frame = decode(bytes.subarray(4), { extensionCodec });
  const again = Buffer.from(encode(frame, { extensionCodec }));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(again.length);
  return { frame, hex: Buffer.concat([head, again]).toString("hex") };
}

const frames = JSON.parse(readFileSync(0, "utf8"));
const plain = (key, value) =>
  value?.type === "Buffer" ? Buffer.from(value.data).toString("base64") : value; // as JSON has bytes
process.stdout.write(JSON.stringify(frames.map(read), plain));
