/** Files in lines, pictures, and emoji for the line that is written. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { AttachmentInfo } from "../../client/src/protocol.ts";
import { portrait, type Site } from "./api.ts";
import { Icon } from "./icon.tsx";
import type { Conversation, Line } from "./model.ts";
import { filled, type Texts } from "./texts.ts";

const PICTURES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
]);
/** A picture up to so many bytes is shown without being asked for. */
const SHOWN_BYTES = 1_048_576;
const WIDTH = 240;

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
  const fetch = () => talk.fetch(about);
  return <Drawn key={about.BlobId} name={about.Name ?? ""} fetch={fetch} width={WIDTH} />;
}

/** Who talks with the visitor. */
export function AgentPicture(props: { site: Site; id: string; name: string }) {
  const { site, id, name } = props;
  return <Drawn name={name} fetch={() => portrait(site, id)} width={64} />;
}

interface DrawnProps {
  readonly name: string;
  readonly fetch: () => Promise<Blob>;
  /** Of its longer side, at most. */
  readonly width: number;
}

/** A picture, drawn: so no page has to allow addresses of its own making. */
function Drawn({ name, fetch, width }: DrawnProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isDrawn, setDrawn] = useState(false);

  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const picture = await createImageBitmap(await fetch());
      const it = canvas.current;
      if (isGone || it === null) return;
      const scale = Math.min(1, width / picture.width, width / picture.height);
      it.width = Math.max(1, Math.round(picture.width * scale));
      it.height = Math.max(1, Math.round(picture.height * scale));
      it.getContext("2d")?.drawImage(picture, 0, 0, it.width, it.height);
      setDrawn(true);
    };
    draw().catch(() => {}); // it is no picture: its name is there
    return () => {
      isGone = true;
    };
  }, []);

  return <canvas ref={canvas} role="img" aria-label={name} hidden={!isDrawn} />;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [size, unit] = bytes < 1_048_576 ? [bytes / 1_024, "KiB"] : [bytes / 1_048_576, "MiB"];
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`;
}

interface EmojisProps {
  readonly texts: Texts;
  readonly talk: Conversation;
  readonly pick: (emoji: string) => void;
}

/** A button with a few emoji behind it. */
export function Emojis({ texts, talk, pick }: EmojisProps) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLFieldSetElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const picked = (emoji: string) => {
      setOpen(false);
      pick(emoji);
    };
    if (isOpen) void talk.extras().then((it) => place.current && it.emojis(place.current, picked));
  }, [isOpen]);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation(); // it closes the emoji alone
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <>
      <button
        type="button"
        class="tool"
        ref={opener}
        aria-label={texts.chat_emoji}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={leave}
      >
        <Icon d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.5 10h.01M15.5 10h.01M8 14.5c2 2.6 6 2.6 8 0" />
      </button>
      {isOpen && (
        <fieldset class="emojis" ref={place} aria-label={texts.chat_emoji} onKeyDown={leave} />
      )}
    </>
  );
}
