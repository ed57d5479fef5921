/**
 * Attachments in pieces, to the broker and from it (B-61). Both go on where they stopped: an upload is
 * told where the next piece is to begin, so that one that is begun again brings what is missing.
 */

import type { Client } from "./client.ts";
import { Refused } from "./errors.ts";
import { base64 } from "./msgpack.ts";
import type { AttachmentInfo, BlobInfo, Guid } from "./protocol.ts";
import { sha256 } from "./sha256.ts";

/** Bytes in one piece, at most. */
export const PIECE = 262_144;

/** What came is not what its size and its digest say. */
export class BrokenBlob extends Error {
  override name = "BrokenBlob";
}

/** Where a blob belongs, and what it is called. */
export interface BlobName {
  readonly peer: string;
  /** Its name, which must be the same when it is brought again. */
  readonly blobId: Guid;
}

/** Bring an attachment to the broker; gives what a sentence says of it. */
export async function upload(
  client: Client,
  { peer, blobId }: BlobName,
  data: Uint8Array,
  about: { name: string; contentType?: string; progress?: (sent: number) => void },
): Promise<AttachmentInfo> {
  const [Size, Sha256] = [data.length, sha256(data)];
  const { name: Name, contentType: ContentType } = about;
  const whole = { Peer: peer, BlobId: blobId, Size, Sha256, Name, ContentType };
  for (let Offset = 0; ; ) {
    const Data = base64(data.subarray(Offset, Offset + PIECE));
    const put = client.session.isWorkplace ? "CS_BLOB_PUT" : "ES_BLOB_PUT";
    const { payload: told } = await client.request(put, { ...whole, Offset, Data });
    about.progress?.(told.IsComplete ? Size : (told.Offset ?? 0));
    if (told.IsComplete) return { BlobId: blobId, Name, ContentType, Size, Sha256 };
    const next = told.Offset ?? 0;
    if (next === Offset || next > Size) {
      throw new Refused("WrongState", `the next piece is to begin at ${next} of ${Size}`);
    }
    Offset = next;
  }
}

/** Fetch an attachment, held against its digest. */
export async function download(
  client: Client,
  { peer, blobId }: BlobName,
): Promise<{ data: Uint8Array<ArrayBuffer>; about: BlobInfo }> {
  const pieces: Uint8Array[] = [];
  for (let Offset = 0; ; ) {
    const get = client.session.isWorkplace ? "CS_BLOB_GET" : "ES_BLOB_GET";
    const { payload: about } = await client.request(get, { Peer: peer, BlobId: blobId, Offset });
    const piece = Uint8Array.from(atob(about.Data ?? ""), (char) => char.charCodeAt(0));
    pieces.push(piece);
    Offset += piece.length;
    const size = about.Size ?? 0;
    if (Offset < size && piece.length > 0) continue;
    const data = joined(pieces, Offset);
    const isWhole = Offset === size && (about.Sha256 ?? sha256(data)) === sha256(data);
    if (!isWhole) throw new BrokenBlob(`${Offset} of ${size} bytes, or another SHA-256`);
    return { data, about };
  }
}

function joined(pieces: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}
