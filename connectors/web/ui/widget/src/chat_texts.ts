/** What the conversation says, in English; `texts` beside this folder has the other languages. */

import { LAUNCHER_TEXTS } from "./texts.ts";

export const CHAT_TEXTS = {
  ...LAUNCHER_TEXTS,
  chat_open: "Open the chat",
  chat_close: "Close the chat",
  chat_write: "Write a message",
  chat_send: "Send",
  chat_waiting: "Please wait a moment: we are looking for somebody for you.",
  chat_with: "You talk with {name}.",
  chat_ended: "This conversation has ended.",
  chat_again: "Start a new conversation",
  chat_end: "End the conversation",
  chat_typing: "{name} is typing",
  chat_you: "You",
  chat_us: "We",
  chat_connecting: "Connecting …",
  chat_offline: "No connection. We keep trying; what you write is sent as soon as it is back.",
  chat_away:
    "Our side is not there just now. What you write is kept and sent as soon as it is back.",
  chat_log: "Conversation",
  chat_attach: "Attach a file",
  chat_emoji: "Insert an emoji",
  file_save: "Save {name}",
  file_bad: "is not given out",
  line_sending: "on its way",
  line_stored: "sent",
  line_delivered: "delivered",
  line_failed: "not sent: {why}",
  line_retry: "Try again",
  line_withdraw: "Discard",
  form_next: "Next",
  form_back: "Back",
  form_send: "Begin the chat",
  form_save: "Send",
  form_choose: "Please choose",
  form_mandatory: "needed",
  form_missing: "Please fill in: {name}",
  form_number: "Please give a whole number: {name}",
  form_most: "{name}: at most {most}",
  form_refused: "That could not be taken: {why}",
  invite_ask: "Can we help you?",
  invite_yes: "Yes, please",
  invite_no: "No, thank you",
};

export type Texts = Readonly<typeof CHAT_TEXTS>;

/** Whether a language is written from right to left. */
export function isRightToLeft(culture: string): boolean {
  return /^(ar|fa|he|ur|yi|ps|sd|ug|dv)(?![a-z])/i.test(culture);
}
