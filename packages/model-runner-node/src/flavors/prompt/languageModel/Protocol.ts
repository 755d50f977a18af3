import { LanguageModelSettings } from '@model-platform/model-wire';
import { Message, Parameters } from '../PromptFile';

/** What a language model is asked. */
export interface LanguageModelRequest {
  messages: Message[];
  parameters: Parameters;
  /** The answer shall be JSON that fits it. */
  outputSchema?: Record<string, unknown>;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
}

/** What a language model answered. */
export interface Completion {
  text: string;
  /** `stop`, `length`, `content_filter`, or the server's own word. */
  finishReason: string | null;
  usage?: Usage;
}

/** What one event of a stream adds. */
export interface Piece {
  text?: string;
  finishReason?: string;
  usage?: Partial<Usage>;
  /** Nothing comes after it. */
  isEnd?: boolean;
}

/** How one kind of server is spoken to. */
export interface Protocol {
  url(baseUrl: string): string;
  headers(settings: LanguageModelSettings): Record<string, string>;
  /** Where the key goes if nobody says otherwise. */
  apiKeyHeader: string;
  body(
    request: LanguageModelRequest,
    settings: LanguageModelSettings,
    stream: boolean,
  ): Record<string, unknown>;
  /** @throws LanguageModelFailure where it is no answer of the protocol */
  readAnswer(body: unknown): Completion;
  /** @throws LanguageModelFailure where the event tells of an error, or is not of the protocol */
  readEvent(data: string): Piece;
}
