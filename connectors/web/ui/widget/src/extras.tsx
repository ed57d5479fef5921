/** Files in lines, and emoji for the line that is written. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { AttachmentInfo } from "../../client/src/protocol.ts";
import type { Texts } from "./chat_texts.ts";
import type { Conversation, Line } from "./model.ts";
import { filled } from "./texts.ts";

const PICTURES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
]);
/** A picture up to so many bytes is shown without being asked for. */
const SHOWN_BYTES = 1_048_576;
const WIDTH = 240;
const EMOJI = "😀 😄 😂 🙂 😉 😍 😘 🤔 😎 😢 😭 😡 👍 👎 👏 🙏 💪 👋 ❤️ 🎉 ✅ ❌ ⭐ 🔥".split(" ");

interface FileProps {
  readonly about: AttachmentInfo;
  readonly line: Line;
  readonly talk: Conversation;
  readonly texts: Texts;
}

/** A file that a line brings: its name, what it shows, and a way to have it. */
export function File({ about, line, talk, texts }: FileProps) {
  const [why, setWhy] = useState("");
  const name = about.Name ?? "?";
  const isBad = about.Scan === "Infected" || about.Scan === "Failed";
  const isJudged = !isBad && about.Scan !== "Pending";
  const isHere = line.state !== "sending" && line.state !== "failed" && isJudged;
  const isShown = PICTURES.has(about.ContentType ?? "") && (about.Size ?? 0) <= SHOWN_BYTES;

  const save = async () => {
    try {
      const address = URL.createObjectURL(await talk.fetch(about));
      const link = document.createElement("a");
      link.href = address;
      link.download = name;
      link.click();
      // The browser has read it by then.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      setWhy("");
    } catch (error) {
      setWhy(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <div class="text">
      {isHere && isShown && <Picture about={about} talk={talk} />}
      <bdi>{name}</bdi> ({sizeOf(about.Size ?? 0)})
      {isHere && (
        <button type="button" class="act" onClick={() => void save()}>
          {filled(texts.file_save, { name: "" }).trim()}
          <span class="far">{name}</span>
        </button>
      )}
      {(isBad || why) && <p class="by">{why || texts.file_bad}</p>}
    </div>
  );
}

/** A picture of a line. */
function Picture({ about, talk }: { about: AttachmentInfo; talk: Conversation }) {
  return <Drawn name={about.Name ?? ""} of={about.BlobId ?? ""} load={() => talk.fetch(about)} />;
}

interface DrawnProps {
  readonly name: string;
  /** What it is a picture of: another one is loaded anew. */
  readonly of: string;
  readonly load: () => Promise<Blob>;
}

/** A picture, drawn: so no page has to allow addresses of its own making. */
export function Drawn({ name, of, load }: DrawnProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isDrawn, setDrawn] = useState(false);

  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const picture = await createImageBitmap(await load());
      const it = canvas.current;
      if (isGone || it === null) return;
      const scale = Math.min(1, WIDTH / picture.width, WIDTH / picture.height);
      it.width = Math.max(1, Math.round(picture.width * scale));
      it.height = Math.max(1, Math.round(picture.height * scale));
      it.getContext("2d")?.drawImage(picture, 0, 0, it.width, it.height);
      setDrawn(true);
    };
    setDrawn(false);
    draw().catch(() => {}); // it is no picture: its name is there
    return () => {
      isGone = true;
    };
  }, [of]);

  return <canvas ref={canvas} role="img" aria-label={name} hidden={!isDrawn} />;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [size, unit] = bytes < 1_048_576 ? [bytes / 1_024, "KiB"] : [bytes / 1_048_576, "MiB"];
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`;
}

/** A button with a few emoji behind it. */
export function Emojis({ texts, pick }: { texts: Texts; pick: (emoji: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="tool"
        aria-label={texts.chat_emoji}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">☺</span>
      </button>
      {isOpen && (
        <fieldset
          class="emojis"
          aria-label={texts.chat_emoji}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setOpen(false);
          }}
        >
          {EMOJI.map((emoji) => (
            <button
              type="button"
              key={emoji}
              onClick={() => {
                setOpen(false);
                pick(emoji);
              }}
            >
              {emoji}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
