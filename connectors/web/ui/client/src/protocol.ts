// Written by `make schemas` from the JSON Schemas of the protocol: not to be changed by hand.

/** A name of 36 characters, in lower case. */
export type Guid = string;
/** A time as RFC 3339 has it, in UTC, with `Z`. */
export type Time = string;
/** A decimal number as text. */
export type Decimal = string;

/** The effect of a frame is durable (W-16). */
export interface Ack {
  /** Type of the frame. */
  Type?: string | null;
}

/** What an agent does now, or asks to do. */
export interface AgentStateInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The agent. */
  AgentId?: Guid | null;
  /** Name of the agent. */
  AgentName?: string | null;
  /** The state. */
  State?: "Ready" | "Pause" | "PostCall" | "LogOff" | null;
  /** Why they pause, one of the configured reasons. */
  Reason?: string | null;
  /** State that follows when their chats have ended. */
  NextState?: "Ready" | "Pause" | "PostCall" | "LogOff" | null;
  /** When the state began. */
  SinceUtc?: Time | null;
  /** How many chats they take at once. */
  MaxChats?: number | null;
  /** How many slots they hold now. */
  ActiveChats?: number | null;
  /** How many conversations they take at once; null: their program takes no messages. */
  MaxMessages?: number | null;
  /** How many slots of these they hold now. */
  ActiveMessages?: number | null;
  /** The wrap-ups that hold some of them, the one that began first in front; null: none. Shown to the agent, and not to others or in lists. */
  WrapUps?: AgentWrapUpInfo[] | null;
}

/** A closed chat or conversation that still holds slots, since its agent writes up how it ended. */
export interface AgentWrapUpInfo {
  /** The chat, for the frame that ends this. */
  ChatId?: Guid | null;
  /** Name of the visitor, or of the other party of the messages. */
  RemoteName?: string | null;
  /** When it ends by itself. */
  UntilUtc?: Time | null;
  /** In place of the chat the conversation, for the frame that ends that. */
  ConversationId?: Guid | null;
  /** Of a conversation the address of the other party. */
  RemoteAddress?: string | null;
}

/** An attachment as a message or a sentence names it. */
export interface AttachmentInfo {
  /** Its content. */
  BlobId?: Guid | null;
  /** Its name, as the sender has it. */
  Name?: string | null;
  /** Its kind, for instance `image/png`. */
  ContentType?: string | null;
  /** Its length in bytes. */
  Size?: number | null;
  /** Its SHA-256, 64 hexadecimal digits. */
  Sha256?: string | null;
  /** Its name inside of the HTML that shows it, without brackets. */
  ContentId?: string | null;
  /** Whether the HTML shows it. */
  IsInline?: boolean | null;
  /** What the scanner says of it. */
  Scan?: "Pending" | "Clean" | "Infected" | "Failed" | "Off" | null;
}

/** A piece of an attachment's content, on its way in or out. */
export interface BlobInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** The attachment, named by whoever brings it. */
  BlobId?: Guid | null;
  /** Where the piece begins. */
  Offset?: number | null;
  /** The piece. */
  Data?: string | null;
  /** Length of the whole in bytes. */
  Size?: number | null;
  /** SHA-256 of the whole, 64 hexadecimal digits. */
  Sha256?: string | null;
  /** Its name. */
  Name?: string | null;
  /** Its kind, as the sender has it. */
  ContentType?: string | null;
}

/** What is wanted of an attachment. */
export interface BlobRequestInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** The attachment. */
  BlobId?: Guid | null;
  /** Where to begin. */
  Offset?: number | null;
  /** How many bytes at the most. */
  Length?: number | null;
}

/** How much of an attachment has come. */
export interface BlobStatusInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** The attachment. */
  BlobId?: Guid | null;
  /** Where the next piece is to begin. */
  Offset?: number | null;
  /** Whether all of it is there. */
  IsComplete?: boolean | null;
  /** What the scanner says of it. */
  Scan?: "Pending" | "Clean" | "Infected" | "Failed" | "Off" | null;
}

/** A close that is announced. */
export interface Bye {
  /** Why. */
  Code?: "Shutdown" | "Replaced" | "Timeout" | "SlowConsumer" | "StoreUnavailable" | "ProtocolError" | "RateLimited" | "LoggedOff" | null;
  /** The same for a person. */
  Text?: string | null;
  /** When to come back; null: as the client likes. */
  ReconnectAfterSeconds?: number | null;
}

/** A command or a short notice about one chat. */
export interface ChatCommandInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** Sub-address inside the gateway. */
  Port?: string | null;
  /** The conversation's name on the connector's side. */
  TrackingId?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** Key of the sentence that is meant. */
  ID?: string | null;
  /** When it happened. */
  TimeStamp?: Time | null;
  /** The agent that acts or is meant. */
  AgentId?: Guid | null;
  /** Whether the sending side is writing. */
  IsTyping?: boolean | null;
  /** Whether the chat is to be put on hold. */
  IsParked?: boolean | null;
  /** Of a confirmation that is passed on: the model of what was confirmed, where that fills a slot and so is no part of the transcript. */
  Model?: number | null;
  /** Of `ES_CHAT_RESYNC`: the place behind which the list goes on, as the header `More` of the piece before has it. */
  After?: number | null;
}

/** What an agent is told of a chat besides its conversation. */
export interface ChatInfo {
  /** When this was written. */
  TimeStamp?: Time | null;
  /** When distribution of the chat began. */
  EnqueueingTimeUtc?: Time | null;
  /** When the chat was registered. */
  PilotDialTime?: Time | null;
  /** Kind of network. */
  ChatType?: "BusinessIM" | "SocialIM" | "WebIM" | null;
  /** Name of the visitor. */
  RemotePartyName?: string | null;
  /** Address of the visitor. */
  RemoteAddress?: string | null;
  /** Number of the workplace. */
  WorkplaceNumber?: string | null;
  /** The workplace. */
  WorkplaceId?: Guid | null;
  /** The agent at that workplace, who is alerted or is in the chat. */
  AgentId?: Guid | null;
  /** The project. */
  ProjectId?: Guid | null;
  /** The language. */
  LanguageId?: Guid | null;
  /** Name of the project. */
  ProjectName?: string | null;
  /** Name of the language. */
  LanguageName?: string | null;
  /** Name of that agent. */
  AgentName?: string | null;
  /** Seconds that the visitor has waited for people, all waits together. */
  WaitingTime?: number | null;
  /** Seconds that an alert lasts. */
  MaxSignalDuration?: number | null;
  /** Name of the gateway. */
  ChatGatewayName?: string | null;
  /** The contact. */
  ContactId?: Guid | null;
  /** Name of the contact. */
  ContactName?: string | null;
  /** Form results that belong to the chat. */
  Scenarios?: ScenarioResultItemInfo[] | null;
  /** Result of the form given at the start. */
  FormDataId?: Guid | null;
  /** What the program that started the chat wants known. */
  Variables?: VariableInfo[] | null;
  /** Language that the visitor prefers, as the start said it. */
  PreferredCulture?: string | null;
  /** The full chat that this one goes on from. */
  EarlierChatId?: Guid | null;
}

/** Somebody besides the owner who is in a chat, or is asked into it. */
export interface ChatPartyInfo {
  /** The agent; null: a project is asked, and nobody is alerted just now. */
  AgentId?: Guid | null;
  /** Name of the agent. */
  AgentName?: string | null;
  /** The project that is asked for somebody. */
  ProjectId?: Guid | null;
  /** Name of the project. */
  ProjectName?: string | null;
  /** How they take part. */
  Mode?: "Transfer" | "Consult" | "Conference" | "Monitor" | null;
  /** Whether they are asked or have joined. */
  State?: "Asked" | "Joined" | null;
  /** The agent who asked for them. */
  ById?: Guid | null;
  /** Name of that agent. */
  ByName?: string | null;
  /** What they were told. */
  Note?: string | null;
  /** Since when. */
  SinceUtc?: Time | null;
}

/** One sentence of a chat, of either side. */
export interface ChatSentenceInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** Sub-address inside the gateway. */
  Port?: string | null;
  /** The conversation's name on the connector's side. */
  TrackingId?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** The sender's own key of the sentence. */
  ID?: string | null;
  /** Name of the sender as the conversation shows it; a visitor's sentence without one gets the name of the start. */
  PartyName?: string | null;
  /** What is said; for other models an address or opaque data. */
  Text?: string | null;
  /** When the sender sent it, as they say it; where they do not, when the broker heard it. */
  TimeSent?: Time | null;
  /** True towards the visitor, false towards the agent. */
  IsOutbound?: boolean | null;
  /** Place in the transcript, from 1; 0 outside of it. */
  Counter?: number | null;
  /** When the receiver confirmed it; null: not yet. */
  ConfirmedTime?: Time | null;
  /** How to read it: 0 sentence, 2 note, 4 panel, 6 navigation, 8 co-browsing data, 10 internal note. */
  Model?: number | null;
  /** What comes with it; the text may then be empty. */
  Attachments?: AttachmentInfo[] | null;
}

/** A chat that is asked for, started, or offered to a connector. */
export interface ChatServiceInfo {
  /** Gateway address. */
  Peer?: string | null;
  /** Sub-address inside the gateway. */
  Port?: string | null;
  /** The conversation's name on the connector's side. */
  TrackingId?: string | null;
  /** Language that the visitor prefers, for instance `cs`. */
  PreferredCulture?: string | null;
  /** Who the visitor is in a foreign system. */
  UserToken?: string | null;
  /** What foreign logic found out; rules may match it. */
  ExtResponse?: string | null;
  /** The form that the visitor filled in. */
  ResultModel?: ScenarioResultInfo | null;
  /** Name of the visitor as the conversation shows it. */
  PartyName?: string | null;
  /** Address of the visitor. */
  RemoteAddress?: string | null;
  /** The outbound chat, made already, that this start binds; of a request to open one the client's own key, so that a repeated request makes one chat. */
  ReturnChatId?: Guid | null;
  /** Whether a chat would be taken now. */
  Signal?: "Free" | "Busy" | "Closed" | "Hidden" | null;
  /** The form to fill in before the start. */
  ScenarioModel?: ScenarioInfo | null;
  /** What the program that starts the chat wants the agent to know. */
  Variables?: VariableInfo[] | null;
}

/** Where a chat stands; with `sentences` it is a whole snapshot. */
export interface ChatStatusInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** Sub-address inside the gateway. */
  Port?: string | null;
  /** The conversation's name on the connector's side. */
  TrackingId?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** Phase of the chat. */
  Status?: "Pilot" | "ICR" | "Waiting" | "Alerting" | "Answered" | "Closed" | null;
  /** Who talks, a person or a machine. */
  AgentName?: string | null;
  /** The agent. */
  AgentId?: Guid | null;
  /** The whole transcript; null: not included. */
  Sentences?: ChatSentenceInfo[] | null;
  /** What an agent is told besides. */
  Info?: ChatInfo | null;
  /** The last pinned note of the other side. */
  Panel?: ChatSentenceInfo | null;
  /** Where the other side is now. */
  Navigation?: ChatSentenceInfo | null;
  /** The last co-browsing data of the other side. */
  CoBrowsingData?: ChatSentenceInfo | null;
  /** When the chat will be closed for inactivity; null: never, or it is parked. */
  DeadTimeUtc?: Time | null;
  /** Who or what ended the chat. */
  CloseReason?: "Agent" | "External" | "Inactivity" | "Rule" | "Admin" | null;
  /** Whether the chat is on hold. */
  IsParked?: boolean | null;
  /** The form that is offered to the visitor now. */
  ScenarioId?: Guid | null;
  /** Who is in the chat besides its owner, or is asked into it. */
  Parties?: ChatPartyInfo[] | null;
  /** The notes that agents made for each other; null: not included. */
  Internal?: ChatSentenceInfo[] | null;
  /** The last sentences with this visitor from earlier chats, where sentences are messages. */
  History?: ChatSentenceInfo[] | null;
}

/** A chat that another agent or project is to take or join. */
export interface ChatTransferInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** The agent that is asked. */
  ToAgentId?: Guid | null;
  /** The project that is asked. */
  ToProjectId?: Guid | null;
  /** How they join. */
  Mode?: "Transfer" | "Consult" | "Conference" | "Monitor" | null;
  /** What they should know. */
  Note?: string | null;
}

/** The end of an agent's work after a chat. */
export interface ChatWrapUpInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** How it ended, one of the configured codes. */
  Code?: string | null;
  /** Free text. */
  Note?: string | null;
}

/** A general command or receipt; what its members mean depends on the frame. */
export interface CommandInfo {
  /** The thing that is meant: a scenario or a message. */
  Id?: Guid | null;
  /** A second thing: the gateway of a message. */
  RefId?: Guid | null;
  /** When it happened. */
  TimeStamp?: Time | null;
  /** A name: the culture of a form, a request, a delivery. */
  Reference?: string | null;
  /** The outcome; of a report of what became of a message the report. */
  Data?: string | null;
}

/** The end of a conversation. */
export interface ConversationCloseInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** How it ended, in the words of the contact center. */
  Code?: string | null;
  /** What is to be remembered. */
  Note?: string | null;
  /** Whether it was unwanted mail: more of that address is. */
  IsSpam?: boolean | null;
}

/** A command or a short notice about one conversation. */
export interface ConversationCommandInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** The agent. */
  AgentId?: Guid | null;
  /** When it happened. */
  TimeStamp?: Time | null;
  /** Until when it is put aside; null: until the other party writes. */
  UntilUtc?: Time | null;
  /** Messages before this place are wanted. */
  Before?: number | null;
  /** How many at the most. */
  Limit?: number | null;
  /** The place behind which a list is to go on. */
  After?: number | null;
}

/** A conversation as it stands for the agent at a workplace. */
export interface ConversationInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** Its phase: `Waiting`, `Alerting`, `Answered` or `Closed`. */
  Status?: "Pilot" | "ICR" | "Waiting" | "Alerting" | "Answered" | "Closed" | null;
  /** Its channel. */
  Channel?: "Email" | "SMS" | "Fax" | "SocialMsg" | "SocialWall" | null;
  /** Its gateway. */
  GatewayId?: Guid | null;
  /** The gateway's name. */
  GatewayName?: string | null;
  /** Address of the other party. */
  RemoteAddress?: string | null;
  /** Their name. */
  RemoteName?: string | null;
  /** What it is about. */
  Subject?: string | null;
  /** Its project. */
  ProjectId?: Guid | null;
  /** The project's name. */
  ProjectName?: string | null;
  /** Its language. */
  LanguageId?: Guid | null;
  /** The language's name. */
  LanguageName?: string | null;
  /** Who is offered it or works on it; after the end who did last. */
  AgentId?: Guid | null;
  /** Their name. */
  AgentName?: string | null;
  /** How many inbound messages no answer followed. */
  Unanswered?: number | null;
  /** When the oldest of them came. */
  ReceivedUtc?: Time | null;
  /** When it is to be answered at the latest. */
  DueUtc?: Time | null;
  /** Where it stands in the queue counts from here. */
  EnqueueingTimeUtc?: Time | null;
  /** How long it has waited, in seconds. */
  WaitingTime?: number | null;
  /** How long an alert lasts, in seconds. */
  MaxSignalDuration?: number | null;
  /** Whether it was put aside. */
  IsParked?: boolean | null;
  /** Until when; null: until the other party writes. */
  ParkedUntilUtc?: Time | null;
  /** Why it ended. */
  CloseReason?: "Agent" | "External" | "Inactivity" | "Rule" | "Admin" | null;
  /** How it ended, in the words of the contact center. */
  Code?: string | null;
  /** The contact. */
  ContactId?: Guid | null;
  /** The contact's name. */
  ContactName?: string | null;
  /** The conversation that this one goes on from. */
  EarlierId?: Guid | null;
  /** Whether it is unwanted mail. */
  IsSpam?: boolean | null;
  /** What was written, oldest first; the latest where there are more. */
  Messages?: MessageContentInfo[] | null;
  /** Notes of agents for each other. */
  Internal?: ConversationNoteInfo[] | null;
  /** What is written and not sent yet. */
  Draft?: MessageContentInfo | null;
  /** How many messages there are. */
  MessageCount?: number | null;
}

/** A note for colleagues in a conversation. */
export interface ConversationNoteInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** The writer's own key of the note. */
  ID?: string | null;
  /** What is noted. */
  Text?: string | null;
  /** Its place among the notes, from 1. */
  Counter?: number | null;
  /** Who wrote it. */
  AgentId?: Guid | null;
  /** Their name. */
  AgentName?: string | null;
  /** When it was written. */
  TimeStamp?: Time | null;
}

/** To whom a conversation is to go. */
export interface ConversationTransferInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** The agent who is to have it. */
  ToAgentId?: Guid | null;
  /** The project whose agents are to have it. */
  ToProjectId?: Guid | null;
  /** What they are to know. */
  Note?: string | null;
}

/** The end of an agent's work after a conversation. */
export interface ConversationWrapUpInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The conversation. */
  ConversationId?: Guid | null;
  /** How it ended, one of the configured codes. */
  Code?: string | null;
  /** Free text. */
  Note?: string | null;
}

/** An agent in a decision of the distributor. */
export interface DecisionAgentInfo {
  /** The agent. */
  AgentId?: Guid | null;
  /** Name of the agent. */
  AgentName?: string | null;
  /** Why they were passed over; null: they were a candidate. */
  Reason?: string | null;
}

/** One decision about a chat, as it was logged; or how an agent stands to it now. */
export interface DecisionInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** Or the conversation. */
  ConversationId?: Guid | null;
  /** When it was decided. */
  TimeStamp?: Time | null;
  /** What was decided: `routed`, `offered`, `waiting`, `refused`, ...; `now` for how the agent that was asked about stands at this moment. */
  Kind?: string | null;
  /** Who was chosen, or was asked about. */
  AgentId?: Guid | null;
  /** Name of that agent. */
  AgentName?: string | null;
  /** What decided, in a few words. */
  Reason?: string | null;
  /** How long the chat had waited. */
  WaitedSeconds?: number | null;
  /** The candidates in their order, then those who were passed over. */
  Agents?: DecisionAgentInfo[] | null;
}

/** A message gateway in one direction. */
export interface GatewayInfo {
  /** Its name. */
  DisplayName?: string | null;
  /** Its address. */
  PeerAddress?: string | null;
  /** Sub-address; not used for messages. */
  PeerPort?: string | null;
  /** Kind of the connector and its settings. */
  Device?: string | null;
  /** Its channel. */
  Channel?: "Email" | "SMS" | "Fax" | "SocialMsg" | "SocialWall" | null;
  /** Its direction. */
  Direction?: "I" | "O" | null;
  /** Its language. */
  LanguageId?: Guid | null;
  /** The gateway. */
  Id?: Guid | null;
}

/** The first frame of a client. */
export interface Hello {
  /** Version of the protocol, 1. */
  Version?: number | null;
  /** What kind of peer speaks. */
  Role?: "connector" | "workplace" | null;
  /** Gateway addresses that it serves, or one workplace number. */
  Peers?: string[] | null;
  /** The agent's login (workplace only). */
  Login?: string | null;
  /** The secret of the gateway or the agent. */
  Token?: string | null;
  /** Name and version of the program. */
  Software?: string | null;
  /** The session that it goes on with after a lost connection (workplace only). */
  Continues?: Guid | null;
  /** Whether it takes lists in pieces: of open chats, a workplace those of conversations. */
  TakesPieces?: boolean | null;
  /** Whether it works on messages: its agent is offered conversations (workplace only). */
  TakesMessages?: boolean | null;
  /** What a login at a desk gave (W-18): the token is the desk's then (workplace only). */
  Voucher?: string | null;
}

/** A localised text, or the question for a group of them. */
export interface LiteralLookupInfo {
  /** Number of the group; 102 is the web's. */
  LiteralGroup?: number | null;
  /** Number inside the group. */
  LiteralValue?: number | null;
  /** Language; null in a question: all. */
  Culture?: string | null;
  /** Name of the literal. */
  LiteralText?: string | null;
  /** The localised text. */
  DisplayName?: string | null;
  /** Gateway address that asks. */
  Peer?: string | null;
}

/** Whether somebody at a desk is an agent; the only frame of its connection (W-18). */
export interface LoginRequest {
  /** Version of the protocol, 1. */
  Version?: number | null;
  /** The secret of the desk. */
  Token?: string | null;
  /** The agent's login. */
  Login?: string | null;
  /** Their password. */
  Password?: string | null;
  /** What their second factor shows. */
  Code?: string | null;
  /** Who an identity provider says that they are, in place of login and password. */
  Subject?: string | null;
  /** Where they are. */
  Address?: string | null;
}

/** What came of a login. */
export interface LoginResult {
  /** Good, or why not. */
  Outcome?: "Good" | "Refused" | "CodeNeeded" | "Wait" | null;
  /** When to try again (`Wait`). */
  RetryAfterSeconds?: number | null;
  /** The agent; this and what follows of a good login only. */
  AgentId?: Guid | null;
  /** Name of the agent. */
  AgentName?: string | null;
  /** Login of the agent. */
  Login?: string | null;
  /** `agent` or `supervisor`. */
  AgentRole?: string | null;
  /** What a hello of a workplace shows (`SYS_HELLO`), until something of the agent changes. */
  Voucher?: string | null;
  /** Numbers of the workplaces that there are. */
  Workplaces?: string[] | null;
  /** Why an agent may pause. */
  PauseReasons?: string[] | null;
}

/** A command about one outbound message. */
export interface MessageCommandInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The message. */
  MessageId?: Guid | null;
}

/** A message, in either direction. */
export interface MessageContentInfo {
  /** Its name on the connector's side. */
  DeliverySystemId?: string | null;
  /** Name, on the connector's side, of the message that it answers. */
  InReplyToId?: string | null;
  /** Its name on the broker's side. */
  MessageId?: Guid | null;
  /** The connector's own key, mirrored in the answer. */
  RequestId?: string | null;
  /** The gateway. */
  GatewayId?: Guid | null;
  /** Sender as shown. */
  FromField?: string | null;
  /** Address of the other party. */
  RemoteAddress?: string | null;
  /** Receivers as shown. */
  ToField?: string | null;
  /** Receivers of copies as shown. */
  ToCcField?: string | null;
  /** Hidden receivers as shown. */
  ToBccField?: string | null;
  /** Its direction. */
  Direction?: "I" | "O" | null;
  /** Receivers in the form of the channel. */
  ExtendedFields?: string | null;
  /** When it was received or handed over. */
  ReceivedSentTime?: Time | null;
  /** When it was written. */
  DraftTime?: Time | null;
  /** Its subject. */
  SubjectField?: string | null;
  /** Its content as HTML. */
  BodyHtml?: string | null;
  /** Its content as plain text. */
  BodyText?: string | null;
  /** Its language. */
  Culture?: string | null;
  /** A number for processing. */
  Mark?: number | null;
  /** 0 none, 1 manual, 2 by contact, 3 by a filter; null: not checked. */
  SpamLevel?: number | null;
  /** -1 none, 0 valid, more: an error; null: not checked. */
  SignatureValidity?: number | null;
  /** Its place in the hierarchy. */
  Hierarchy?: number | null;
  /** How content the sender is. */
  Rating?: number | null;
  /** The conversation that it is in. */
  ConversationId?: Guid | null;
  /** Its place in the conversation, from 1. */
  Counter?: number | null;
  /** Phase of an outbound message; null: inbound. */
  Status?: "Queued" | "Sending" | "Sent" | "Delivered" | "Read" | "Retry" | "Failed" | "Cancelled" | null;
  /** What comes with it. */
  Attachments?: AttachmentInfo[] | null;
  /** Names, on the connector's side, of the messages that it follows, the newest last. */
  References?: string[] | null;
  /** Whether no person wrote it: a notice of absence, a bounce, a list. */
  IsAutomatic?: boolean | null;
  /** The message that it passes on. */
  ForwardOf?: Guid | null;
  /** The agent who wrote it. */
  AgentId?: Guid | null;
  /** Their name. */
  AgentName?: string | null;
}

/** Where an outbound message stands. */
export interface MessageStatusInfo {
  /** Workplace number. */
  Peer?: string | null;
  /** The message. */
  MessageId?: Guid | null;
  /** The conversation that it is in. */
  ConversationId?: Guid | null;
  /** The key under which it was handed over. */
  RequestId?: string | null;
  /** Its place in the conversation, from 1. */
  Counter?: number | null;
  /** The gateway. */
  GatewayId?: Guid | null;
  /** Phase of the message. */
  Status?: "Queued" | "Sending" | "Sent" | "Delivered" | "Read" | "Retry" | "Failed" | "Cancelled" | null;
  /** Number of the attempt, from 1. */
  Attempt?: number | null;
  /** What the connector said. */
  Error?: string | null;
  /** Its name on the connector's side. */
  DeliverySystemId?: string | null;
  /** When it happened. */
  TimeStamp?: Time | null;
}

/** Payload of `SYS_PING` and `SYS_PONG`. */
export interface Ping {
  /** Any text; the pong brings it back. */
  Nonce?: string | null;
}

/** A form. */
export interface ScenarioInfo {
  /** The form. */
  ScenarioId?: Guid | null;
  /** Its title. */
  DisplayName?: string | null;
  /** Its screens. */
  Screens?: ScreenInfo[] | null;
  /** The agent it was made for. */
  AgentId?: Guid | null;
  /** Its language. */
  Culture?: string | null;
}

/** A form that was filled in, and what it belongs to; or the question for it. */
export interface ScenarioResultInfo {
  /** Gateway address or workplace number. */
  Peer?: string | null;
  /** Sub-address inside the gateway. */
  Port?: string | null;
  /** The form. */
  ScenarioId?: Guid | null;
  /** The result: its key, by which it is saved again and loaded. */
  ScenarioResultId?: Guid | null;
  /** When it was filled in. */
  TimeUtc?: Time | null;
  /** What was filled in. */
  Values?: ScenarioResultValueInfo[] | null;
  /** The agent or the built-in bot who filled it in; null: the visitor's side. */
  AgentId?: Guid | null;
  /** The inbound call. */
  InboundCallId?: Guid | null;
  /** The outbound call. */
  OutboundCallId?: Guid | null;
  /** The message. */
  MessageId?: Guid | null;
  /** The issue. */
  IssueId?: Guid | null;
  /** The contact whom it is about; makes and names the contact. */
  ContactId?: Guid | null;
  /** The chat. */
  ChatId?: Guid | null;
  /** What was done. */
  Activity?: string | null;
  /** The workflow. */
  WorkflowId?: Guid | null;
}

/** A form of a chat as a list shows it: a result, or the default form while it has none. */
export interface ScenarioResultItemInfo {
  /** The form. */
  ScenarioId?: Guid | null;
  /** Name of the form in the configuration. */
  ScenarioName?: string | null;
  /** What was done. */
  Activity?: string | null;
  /** The result; null: the form is expected and not filled in yet. */
  ResultId?: Guid | null;
  /** Name of the visitor. */
  RemoteName?: string | null;
  /** Title of the form in the visitor's language. */
  DisplayName?: string | null;
  /** When it was filled in. */
  ResultCreated?: Time | null;
  /** What was filled into the controls that lists show. */
  ShowInList?: string | null;
}

/** What was filled into one control. */
export interface ScenarioResultValueInfo {
  /** The control. */
  ScreenControlId?: Guid | null;
  /** An integer or the number of a choice. */
  ResultNumber?: number | null;
  /** A text. */
  ResultText?: string | null;
  /** A decimal number. */
  ResultNumeric?: Decimal | null;
  /** A time. */
  ResultTime?: Time | null;
  /** Where the result belongs, as the control says. */
  TargetColumn?: string | null;
}

/** One control of a screen. */
export interface ScreenControlInfo {
  /** The control. */
  ScreenControlId?: Guid | null;
  /** Its label. */
  DisplayName?: string | null;
  /** Its explanation. */
  Description?: string | null;
  /** Where the result belongs. */
  TargetColumn?: string | null;
  /** Order on the screen. */
  Rank?: number | null;
  /** Its kind. */
  ControlType?: "LabelOnly" | "TextArea" | "DropDown" | "RadioButtons" | "CheckBoxes" | "Integer" | "Date" | "Time" | "DateTime" | null;
  /** Number of its kind, for instance a limit. */
  ControlNumber?: number | null;
  /** Text of its kind, for instance a mask. */
  ControlText?: string | null;
  /** Whether it must be filled in. */
  MandatoryField?: boolean | null;
  /** Its choices. */
  Parameters?: ScreenControlParameterInfo[] | null;
}

/** One choice of a control. */
export interface ScreenControlParameterInfo {
  /** The choice. */
  ScreenControlParameterId?: Guid | null;
  /** What is shown. */
  DisplayName?: string | null;
  /** Order in the control. */
  Rank?: number | null;
  /** Number that the choice gives. */
  ResultNumber?: number | null;
  /** Text that the choice gives. */
  ResultText?: string | null;
  /** Whether it is chosen at first. */
  DefaultItem?: boolean | null;
}

/** One screen of a form. */
export interface ScreenInfo {
  /** The screen. */
  ScreenId?: Guid | null;
  /** Its title. */
  DisplayName?: string | null;
  /** Order in the form. */
  Rank?: number | null;
  /** Whether the form may be finished here. */
  FinishButton?: boolean | null;
  /** Control whose value decides whether the screen is shown. */
  ConditionScreenControlId?: Guid | null;
  /** The value that it must have. */
  ConditionText?: string | null;
  /** Its controls. */
  Controls?: ScreenControlInfo[] | null;
}

/** A frame that was refused, or a fault that ends the connection. */
export interface SysError {
  /** What is wrong. */
  Code?: "BadFrame" | "FrameTooLarge" | "BadHello" | "VersionNotServed" | "AuthFailed" | "HelloTimeout" | "UnknownType" | "BadPayload" | "NotAllowed" | "UnknownGateway" | "UnknownChat" | "ChatClosed" | "UnknownAgent" | "UnknownScenario" | "UnknownMessage" | "UnknownConversation" | "WrongState" | "TooLong" | "KeyReused" | "RateLimited" | "Overloaded" | null;
  /** The same for a person; names the member path where there is one. */
  Text?: string | null;
  /** Type of the offending frame. */
  Type?: string | null;
  /** Whether the connection closes after it. */
  Fatal?: boolean | null;
}

/** A free variable: whatever the program that starts a chat wants the agent to know. */
export interface VariableInfo {
  /** Its name. */
  Name?: string | null;
  /** Its value. */
  Value?: string | null;
}

/** One rule of what a web page shows to whom. */
export interface WebSiteRoutingInfo {
  /** The rule. */
  WebSiteRoutingId?: Guid | null;
  /** Application that it is for. */
  WebApp?: string | null;
  /** Order of the rule. */
  Rank?: number | null;
  /** Pattern of the page's address. */
  PageUrlRegex?: string | null;
  /** Language of the visitor. */
  PreferredCulture?: string | null;
  /** Pattern of the browser's name. */
  BrowserRegex?: string | null;
  /** Pattern of the user token. */
  UserTokenRegex?: string | null;
  /** Mask of the visitor's address. */
  ClientIpMask?: string | null;
  /** How the two times are read. */
  TimeMode?: string | null;
  /** Begin of validity. */
  TimeFrom?: Time | null;
  /** End of validity. */
  TimeTo?: Time | null;
  /** Element of the page to draw into. */
  TargetElementID?: string | null;
  /** Fixed answer. */
  WebResponse?: string | null;
  /** Form to show. */
  ScenarioId?: Guid | null;
  /** List to write call-backs to. */
  OutboundListId?: Guid | null;
  /** Workflow to start. */
  WorkflowId?: Guid | null;
  /** Message template. */
  MessageId?: Guid | null;
  /** Language of the texts. */
  LiteralCulture?: string | null;
  /** How addresses of pages are tracked; 0: not. */
  ChatTrackUrl?: number | null;
  /** Whether addresses are logged. */
  LogUrl?: boolean | null;
  /** Name of the page template. */
  Template?: string | null;
  /** Whether the application is not shown. */
  Block?: boolean | null;
  /** Seconds until the offer. */
  SolicitationTimeOut?: number | null;
  /** Seconds that the offer is shown. */
  SolicitationDuration?: number | null;
  /** Seconds without an offer after a refusal. */
  HonorRejectPeriod?: number | null;
  /** Gateway address that it is for. */
  Peer?: string | null;
}

/** The answer to a good hello. */
export interface Welcome {
  /** Version of the protocol, 1. */
  Version?: number | null;
  /** Name of the broker's node. */
  Node?: string | null;
  /** The session; one that is continued keeps its name. */
  SessionId?: Guid | null;
  /** How long silence may last before a ping. */
  HeartbeatSeconds?: number | null;
  /** Longest body that the broker takes. */
  FrameBytes?: number | null;
  /** The broker's clock. */
  TimeUtc?: Time | null;
  /** The agent (workplace only). */
  AgentId?: Guid | null;
  /** Name of the agent (workplace only). */
  AgentName?: string | null;
  /** Number of the workplace (workplace only). */
  WorkplaceNumber?: string | null;
}

/** What each type of frame carries. */
export interface Payloads {
  SYS_HELLO: Hello;
  SYS_WELCOME: Welcome;
  SYS_LOGIN: LoginRequest;
  SYS_LOGIN_RESULT: LoginResult;
  SYS_PING: Ping;
  SYS_PONG: Ping;
  SYS_BYE: Bye;
  SYS_ERROR: SysError;
  SYS_ACK: Ack;
  ES_CHAT_REQUEST: ChatServiceInfo;
  SE_CHAT_RESPONSE: ChatServiceInfo;
  ES_CHAT_START: ChatServiceInfo;
  ES_CHAT_STOP: ChatCommandInfo;
  ES_CHAT_TYPING: ChatCommandInfo;
  ES_CHAT_SENTENCE: ChatSentenceInfo;
  ES_CHAT_CONFIRM: ChatCommandInfo;
  ES_CHAT_RESYNC: ChatCommandInfo;
  ES_CHAT_STATUS: ChatCommandInfo;
  SE_CHAT_STATUS: ChatStatusInfo;
  SE_CHAT_SENTENCE: ChatSentenceInfo;
  SE_CHAT_CONFIRM: ChatCommandInfo;
  SE_CHAT_TYPING: ChatCommandInfo;
  SE_CHAT_LIST: ChatStatusInfo[];
  SE_CHAT_OUTBOUND: ChatServiceInfo;
  ES_CHAT_OPEN: ChatServiceInfo;
  ES_SCENARIO_LOAD: CommandInfo;
  SE_SCENARIO_MODEL: ScenarioInfo;
  ES_SCENARIO_SAVE: ScenarioResultInfo;
  ES_WS_ROUTING: string;
  SE_WS_ROUTING: WebSiteRoutingInfo[];
  ES_WS_LITERALS_GET: LiteralLookupInfo;
  SE_WS_LITERALS_INFO: LiteralLookupInfo[];
  ES_SL_GETGATEWAYS: string;
  SE_SL_MSGGATEWAYS: GatewayInfo[];
  ES_MESSAGE_RECEIVING: MessageContentInfo;
  SE_MESSAGE_RECEIVED: CommandInfo;
  SE_MESSAGE_SENDING: MessageContentInfo;
  ES_MESSAGE_SENT: CommandInfo;
  ES_MESSAGE_REPORT: CommandInfo;
  SC_CHAT_ALERT: ChatStatusInfo;
  SC_CHAT_ALERT_END: ChatCommandInfo;
  CS_CHAT_ANSWER: ChatCommandInfo;
  CS_CHAT_HANGUP: ChatCommandInfo;
  CS_CHAT_SENTENCE: ChatSentenceInfo;
  CS_CHAT_CONFIRM: ChatCommandInfo;
  CS_CHAT_TYPING: ChatCommandInfo;
  CS_CHAT_RESYNC: ChatCommandInfo;
  CS_CHAT_STATUS: ChatCommandInfo;
  SC_CHAT_STATUS: ChatStatusInfo;
  SC_CHAT_SENTENCE: ChatSentenceInfo;
  SC_CHAT_TYPING: ChatCommandInfo;
  SC_CHAT_CONFIRM: ChatCommandInfo;
  SC_CHAT_LIST: ChatStatusInfo[];
  CS_AGENT_STATE: AgentStateInfo;
  SC_AGENT_STATE: AgentStateInfo;
  CS_CHAT_RETURN: ChatCommandInfo;
  CS_CHAT_TRANSFER: ChatTransferInfo;
  CS_CHAT_PARK: ChatCommandInfo;
  CS_CHAT_INVITE: ChatTransferInfo;
  CS_CHAT_LEAVE: ChatCommandInfo;
  CS_CHAT_OPEN: ChatServiceInfo;
  CS_CHAT_CLOSE: ChatCommandInfo;
  CS_CHAT_EXPLAIN: ChatCommandInfo;
  SC_CHAT_EXPLANATION: DecisionInfo[];
  CS_CHAT_OVERVIEW: ChatCommandInfo;
  SC_CHAT_OVERVIEW: ChatStatusInfo[];
  CS_AGENT_LIST: ChatCommandInfo;
  SC_AGENT_LIST: AgentStateInfo[];
  CS_CHAT_WRAPUP: ChatWrapUpInfo;
  CS_SCENARIO_LOAD: CommandInfo;
  SC_SCENARIO_MODEL: ScenarioInfo;
  CS_SCENARIO_RESULT: ScenarioResultInfo;
  SC_SCENARIO_RESULT: ScenarioResultInfo;
  CS_SCENARIO_SAVE: ScenarioResultInfo;
  SC_CONVERSATION_ALERT: ConversationInfo;
  SC_CONVERSATION_ALERT_END: ConversationCommandInfo;
  CS_CONVERSATION_ANSWER: ConversationCommandInfo;
  CS_CONVERSATION_PICK: ConversationCommandInfo;
  CS_CONVERSATION_RETURN: ConversationCommandInfo;
  CS_CONVERSATION_PARK: ConversationCommandInfo;
  CS_CONVERSATION_TRANSFER: ConversationTransferInfo;
  CS_CONVERSATION_CLOSE: ConversationCloseInfo;
  CS_CONVERSATION_WRAPUP: ConversationWrapUpInfo;
  CS_CONVERSATION_NOTE: ConversationNoteInfo;
  SC_CONVERSATION_NOTE: ConversationNoteInfo;
  CS_CONVERSATION_STATUS: ConversationCommandInfo;
  SC_CONVERSATION_STATUS: ConversationInfo;
  CS_CONVERSATION_RESYNC: ConversationCommandInfo;
  SC_CONVERSATION_LIST: ConversationInfo[];
  CS_CONVERSATION_OVERVIEW: ConversationCommandInfo;
  SC_CONVERSATION_OVERVIEW: ConversationInfo[];
  CS_CONVERSATION_EXPLAIN: ConversationCommandInfo;
  SC_CONVERSATION_EXPLANATION: DecisionInfo[];
  SC_MESSAGE_RECEIVED: MessageContentInfo;
  CS_MESSAGE_SEND: MessageContentInfo;
  CS_MESSAGE_DRAFT: MessageContentInfo;
  CS_MESSAGE_CANCEL: MessageCommandInfo;
  CS_MESSAGE_RETRY: MessageCommandInfo;
  SC_MESSAGE_STATUS: MessageStatusInfo;
  ES_BLOB_PUT: BlobInfo;
  SE_BLOB_STATUS: BlobStatusInfo;
  ES_BLOB_GET: BlobRequestInfo;
  SE_BLOB_DATA: BlobInfo;
  CS_BLOB_PUT: BlobInfo;
  SC_BLOB_STATUS: BlobStatusInfo;
  CS_BLOB_GET: BlobRequestInfo;
  SC_BLOB_DATA: BlobInfo;
}

export type FrameType = keyof Payloads;

/** What answers a frame that a client sends. */
export interface Answers {
  SYS_HELLO: "SYS_WELCOME";
  SYS_LOGIN: "SYS_LOGIN_RESULT";
  SYS_PING: "SYS_PONG";
  ES_CHAT_REQUEST: "SE_CHAT_RESPONSE";
  ES_CHAT_START: "SE_CHAT_STATUS";
  ES_CHAT_STOP: "SE_CHAT_STATUS";
  ES_CHAT_SENTENCE: "SE_CHAT_SENTENCE";
  ES_CHAT_CONFIRM: "SYS_ACK";
  ES_CHAT_RESYNC: "SE_CHAT_LIST";
  ES_CHAT_STATUS: "SE_CHAT_STATUS";
  ES_CHAT_OPEN: "SE_CHAT_OUTBOUND";
  ES_SCENARIO_LOAD: "SE_SCENARIO_MODEL";
  ES_SCENARIO_SAVE: "SYS_ACK";
  ES_WS_ROUTING: "SE_WS_ROUTING";
  ES_WS_LITERALS_GET: "SE_WS_LITERALS_INFO";
  ES_SL_GETGATEWAYS: "SE_SL_MSGGATEWAYS";
  ES_MESSAGE_RECEIVING: "SE_MESSAGE_RECEIVED";
  ES_MESSAGE_SENT: "SYS_ACK";
  ES_MESSAGE_REPORT: "SYS_ACK";
  CS_CHAT_ANSWER: "SC_CHAT_STATUS";
  CS_CHAT_HANGUP: "SC_CHAT_STATUS";
  CS_CHAT_SENTENCE: "SC_CHAT_SENTENCE";
  CS_CHAT_CONFIRM: "SYS_ACK";
  CS_CHAT_RESYNC: "SC_CHAT_LIST";
  CS_CHAT_STATUS: "SC_CHAT_STATUS";
  CS_AGENT_STATE: "SC_AGENT_STATE";
  CS_CHAT_RETURN: "SC_CHAT_STATUS";
  CS_CHAT_TRANSFER: "SC_CHAT_STATUS";
  CS_CHAT_PARK: "SC_CHAT_STATUS";
  CS_CHAT_INVITE: "SC_CHAT_STATUS";
  CS_CHAT_LEAVE: "SC_CHAT_STATUS";
  CS_CHAT_OPEN: "SC_CHAT_STATUS";
  CS_CHAT_CLOSE: "SC_CHAT_STATUS";
  CS_CHAT_EXPLAIN: "SC_CHAT_EXPLANATION";
  CS_CHAT_OVERVIEW: "SC_CHAT_OVERVIEW";
  CS_AGENT_LIST: "SC_AGENT_LIST";
  CS_CHAT_WRAPUP: "SC_AGENT_STATE";
  CS_SCENARIO_LOAD: "SC_SCENARIO_MODEL";
  CS_SCENARIO_RESULT: "SC_SCENARIO_RESULT";
  CS_SCENARIO_SAVE: "SYS_ACK";
  CS_CONVERSATION_ANSWER: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_PICK: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_RETURN: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_PARK: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_TRANSFER: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_CLOSE: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_WRAPUP: "SC_AGENT_STATE";
  CS_CONVERSATION_NOTE: "SC_CONVERSATION_NOTE";
  CS_CONVERSATION_STATUS: "SC_CONVERSATION_STATUS";
  CS_CONVERSATION_RESYNC: "SC_CONVERSATION_LIST";
  CS_CONVERSATION_OVERVIEW: "SC_CONVERSATION_OVERVIEW";
  CS_CONVERSATION_EXPLAIN: "SC_CONVERSATION_EXPLANATION";
  CS_MESSAGE_SEND: "SC_MESSAGE_STATUS";
  CS_MESSAGE_DRAFT: "SYS_ACK";
  CS_MESSAGE_CANCEL: "SC_MESSAGE_STATUS";
  CS_MESSAGE_RETRY: "SC_MESSAGE_STATUS";
  ES_BLOB_PUT: "SE_BLOB_STATUS";
  ES_BLOB_GET: "SE_BLOB_DATA";
  CS_BLOB_PUT: "SC_BLOB_STATUS";
  CS_BLOB_GET: "SC_BLOB_DATA";
}

export type ErrorCode = "BadFrame" | "FrameTooLarge" | "BadHello" | "VersionNotServed" | "AuthFailed" | "HelloTimeout" | "UnknownType" | "BadPayload" | "NotAllowed" | "UnknownGateway" | "UnknownChat" | "ChatClosed" | "UnknownAgent" | "UnknownScenario" | "UnknownMessage" | "UnknownConversation" | "WrongState" | "TooLong" | "KeyReused" | "RateLimited" | "Overloaded";
export type ByeCode = "Shutdown" | "Replaced" | "Timeout" | "SlowConsumer" | "StoreUnavailable" | "ProtocolError" | "RateLimited" | "LoggedOff";

/** Members that are times. */
export const TIMES: ReadonlySet<string> = new Set(["ConfirmedTime", "DeadTimeUtc", "DraftTime", "DueUtc", "EnqueueingTimeUtc", "ParkedUntilUtc", "PilotDialTime", "ReceivedSentTime", "ReceivedUtc", "ResultCreated", "ResultTime", "SinceUtc", "TimeFrom", "TimeSent", "TimeStamp", "TimeTo", "TimeUtc", "UntilUtc"]);
/** Frames whose `Data` is bytes, in base64 where the frame is JSON. */
export const BINARY: ReadonlySet<string> = new Set(["ES_BLOB_PUT", "SE_BLOB_DATA", "CS_BLOB_PUT", "SC_BLOB_DATA"]);
