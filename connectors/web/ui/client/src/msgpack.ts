/** Frames in MessagePack (W-1..W-8), read into the JSON form and written from it. */

import { BadFrame, type Encoding, frameOf } from "./frames.ts";
import { BINARY, TIMES } from "./protocol.ts";

const NANOS = 1_000_000_000;
const LEVELS = 32;

/** Write a time as the shortest timestamp that holds it. */
function timestamp(text: string): number[] | undefined {
  const found = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const seconds = found === null ? Number.NaN : Date.parse(`${found[1]}${found[3]}`) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  const nanos = Number((found?.[2] ?? "").slice(0, 6).padEnd(9, "0"));
  const low = [24, 16, 8, 0].map((bits) => (seconds >>> bits) & 255);
  if (seconds < 0 || seconds >= 2 ** 34) {
    const whole = new DataView(new ArrayBuffer(12));
    whole.setUint32(0, nanos);
    whole.setBigInt64(4, BigInt(seconds));
    return [0xc7, 12, 0xff, ...new Uint8Array(whole.buffer)];
  }
  if (nanos === 0 && seconds < 2 ** 32) return [0xd6, 0xff, ...low];
  const high = nanos * 4 + Math.floor(seconds / 2 ** 32);
  return [0xd7, 0xff, ...[24, 16, 8, 0].map((bits) => (high >>> bits) & 255), ...low];
}

/** Write a time as RFC 3339 has it, to the microsecond. */
function timeText(seconds: number, nanos: number): string | null {
  const whole = new Date(seconds * 1000);
  if (Number.isNaN(whole.getTime())) throw new BadFrame("a time that no calendar has");
  if (whole.getUTCFullYear() === 1) return null;
  const micros = Math.floor(nanos / 1000);
  const digits = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
  return `${whole.toISOString().slice(0, -5)}${digits}Z`;
}

class Writer {
  readonly #binary: boolean;
  #bytes = new Uint8Array(256);
  #length = 0;

  constructor(type: string) {
    this.#binary = BINARY.has(type);
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  write(value: unknown, name?: string): void {
    if (value === null || value === undefined) this.#put([0xc0]);
    else if (typeof value === "boolean") this.#put([value ? 0xc3 : 0xc2]);
    else if (typeof value === "number") this.#int(value);
    else if (typeof value === "string") this.#text(value, name);
    else if (Array.isArray(value)) {
      this.#head(value.length, 0x90, 15, [0xdc, 0xdd]);
      for (const item of value) this.write(item);
    } else {
      const members = Object.entries(value).filter((entry) => entry[1] !== undefined);
      this.#head(members.length, 0x80, 15, [0xde, 0xdf]);
      for (const [key, item] of members) {
        this.#text(key);
        this.write(item, key);
      }
    }
  }

  #text(text: string, name?: string): void {
    if (name === "Data" && this.#binary) {
      const data = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      this.#head(data.length, 0, -1, [0xc4, 0xc5, 0xc6]);
      this.#put(data);
      return;
    }
    const time = name !== undefined && TIMES.has(name) ? timestamp(text) : undefined;
    if (time !== undefined) {
      this.#put(time);
      return;
    }
    const data = new TextEncoder().encode(text);
    this.#head(data.length, 0xa0, 31, [0xd9, 0xda, 0xdb]);
    this.#put(data);
  }

  /** Write the marker and the size of what follows. */
  #head(size: number, short: number, most: number, markers: number[]): void {
    const widths = markers.length === 3 ? [1, 2, 4] : [2, 4];
    const place = widths.findIndex((width) => size < 256 ** width);
    if (size <= most) this.#put([short | size]);
    else this.#put([markers[place] ?? 0, ...bigEndian(size, widths[place] ?? 4)]);
  }

  #int(value: number): void {
    if (!Number.isSafeInteger(value)) throw new BadFrame(`${value} is no int`);
    if (value >= 0) {
      const widths = [1, 2, 4, 8].findIndex((width) => value < 256 ** width);
      this.#put(value < 128 ? [value] : [0xcc + widths, ...bigEndian(value, 2 ** widths)]);
    } else {
      const widths = [1, 2, 4, 8].findIndex((width) => value >= -(256 ** width) / 2);
      this.#put(value >= -32 ? [value & 255] : [0xd0 + widths, ...bigEndian(value, 2 ** widths)]);
    }
  }

  #put(data: ArrayLike<number>): void {
    const end = this.#length + data.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.#length);
    this.#length = end;
  }
}

function bigEndian(value: number, width: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; bytes.length < width; rest = Math.floor(rest / 256)) {
    bytes.unshift(((rest % 256) + 256) % 256);
  }
  return bytes;
}

class Reader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  readonly #texts = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  read(level: number): unknown {
    if (level > LEVELS) throw new BadFrame("more than 32 levels");
    const marker = this.#uint(1);
    if (marker < 0x80) return marker;
    if (marker < 0x90) return this.#map(marker & 15, level);
    if (marker < 0xa0) return this.#array(marker & 15, level);
    if (marker < 0xc0) return this.#text(marker & 31);
    if (marker >= 0xe0) return marker - 256;
    return this.#marked(marker, level);
  }

  #marked(marker: number, level: number): unknown {
    switch (marker) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return marker === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return base64(this.#take(this.#uint(2 ** (marker - 0xc4))));
      case 0xc7:
        return this.#extension(this.#uint(1));
      case 0xca:
      case 0xcb:
        return this.#float(marker === 0xca ? 4 : 8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#uint(2 ** (marker - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#int(2 ** (marker - 0xd0));
      case 0xd6:
      case 0xd7:
        return this.#extension(marker === 0xd6 ? 4 : 8);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(2 ** (marker - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(marker === 0xdc ? 2 : 4), level);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(marker === 0xde ? 2 : 4), level);
      default:
        throw new BadFrame("a kind of value that no frame has");
    }
  }

  #extension(size: number): string | null {
    if (this.#uint(1) !== 0xff) throw new BadFrame("an extension other than the timestamp");
    if (size === 4) return timeText(this.#uint(4), 0);
    if (size === 8) {
      const high = this.#uint(4);
      return timeText((high % 4) * 2 ** 32 + this.#uint(4), Math.floor(high / 4));
    }
    if (size !== 12) throw new BadFrame("a timestamp of another length");
    const nanos = this.#uint(4);
    return timeText(this.#int(8), nanos % NANOS);
  }

  #array(size: number, level: number): unknown[] {
    // Each element has a byte at least: what claims more is not allocated.
    if (size > this.#data.length - this.at) throw new BadFrame("ends too early");
    return Array.from({ length: size }, () => this.read(level + 1));
  }

  #map(size: number, level: number): Record<string, unknown> {
    const found: Record<string, unknown> = Object.create(null);
    for (let left = size; left > 0; left--) {
      const marker = this.#data[this.at] ?? 0;
      const isText = (marker >= 0xa0 && marker < 0xc0) || (marker >= 0xd9 && marker <= 0xdb);
      if (!isText) throw new BadFrame("a key that is no str");
      const key = this.read(level + 1) as string;
      if (key in found) throw new BadFrame("a key twice");
      found[key] = this.read(level + 1);
    }
    return found;
  }

  #text(size: number): string {
    try {
      return this.#texts.decode(this.#take(size));
    } catch (error) {
      throw error instanceof BadFrame ? error : new BadFrame("invalid UTF-8");
    }
  }

  #uint(width: number): number {
    let value = 0;
    for (const byte of this.#take(width)) value = value * 256 + byte;
    return value;
  }

  #int(width: number): number {
    const unsigned = this.#uint(width);
    return width === 8
      ? Number(this.#view.getBigInt64(this.at - 8))
      : unsigned >= 256 ** width / 2
        ? unsigned - 256 ** width
        : unsigned;
  }

  #float(width: number): number {
    this.#take(width);
    const at = this.at - width;
    return width === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at);
  }

  #take(size: number): Uint8Array {
    if (this.at + size > this.#data.length) throw new BadFrame("ends too early");
    this.at += size;
    return this.#data.subarray(this.at - size, this.at);
  }
}

/** Bytes as JSON has them. */
export function base64(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 8192) {
    text += String.fromCharCode(...data.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** Read one MessagePack value, which must be all there is. */
export function unpack(data: Uint8Array): unknown {
  const reader = new Reader(data);
  const value = reader.read(1);
  if (reader.at !== data.length) throw new BadFrame("bytes behind the array");
  return value;
}

/** Write a frame of a type in MessagePack. */
export function pack(tree: readonly [string, unknown, unknown?]): Uint8Array {
  const writer = new Writer(tree[0]);
  writer.write(tree);
  return writer.bytes;
}

/** Frames as MessagePack arrays. */
export const MESSAGEPACK: Encoding = {
  name: "MessagePack",
  encode: (type, payload, headers) =>
    pack(headers === undefined ? [type, payload] : [type, payload, headers]),
  decode(wire) {
    if (typeof wire === "string") throw new BadFrame("not MessagePack");
    return frameOf(unpack(wire));
  },
};
