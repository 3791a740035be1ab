import { countTokens, type Job, maxTokensLimit, planLength } from "./engine.ts";

/** The two ways to ask for tokens over HTTP. */
export type Dialect = "text" | "chat";

/** An OpenAI request that was found in order; `arrivedMs` and faults come from elsewhere. */
export type Order = {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly job: Pick<Job, "promptTokens" | "tokens" | "finishReason">;
};

/** Why a request is refused, with the parameter at fault. */
export type ApiError = {
  readonly code: number;
  readonly type: string;
  readonly message: string;
  readonly param?: string;
};

export type ParsedOrder = { readonly kind: "order"; readonly order: Order } | ({ readonly kind: "error" } & ApiError);

export type Usage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
};

/** Reads the body of a completion request; only what the lab's model minds is checked, the rest is let be as vLLM does. */
export function parseOrder(dialect: Dialect, text: string): ParsedOrder {
  const body = parseObject(text);
  if (body === undefined) return badRequest("the body must be a JSON object");
  const { model, prompt, messages, stream, max_tokens, max_completion_tokens } = body;
  if (typeof model !== "string" || model === "") return badRequest("`model` must be a model's id", "model");
  if (stream !== undefined && typeof stream !== "boolean")
    return badRequest("`stream` must be true or false", "stream");
  const asked = (dialect === "chat" ? max_completion_tokens : undefined) ?? max_tokens ?? undefined;
  const isBounded = Number.isInteger(asked) && (asked as number) >= 1 && (asked as number) <= maxTokensLimit;
  if (asked !== undefined && !isBounded) {
    return badRequest(`\`max_tokens\` must be a whole number from 1 to ${maxTokensLimit}`, "max_tokens");
  }
  const words = dialect === "chat" ? readMessages(messages) : readPrompt(prompt);
  if (words === undefined) {
    return dialect === "chat"
      ? badRequest("`messages` must be a list of at least one { role, content }", "messages")
      : badRequest("`prompt` must be a string or a list of strings", "prompt");
  }
  const job = { promptTokens: countTokens(words), ...planLength(asked as number | undefined) };
  return { kind: "order", order: { model, stream: stream === true, includeUsage: wantsUsage(body), job } };
}

export function unknownModel(model: string): ApiError {
  return { code: 404, type: "NotFoundError", message: `The model \`${model}\` does not exist.`, param: "model" };
}

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Usage closes every stream unless the caller says no, as with vLLM's `--enable-force-include-usage`. */
function wantsUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body["stream_options"];
  return !(
    typeof options === "object" &&
    options !== null &&
    "include_usage" in options &&
    options.include_usage === false
  );
}

function readPrompt(prompt: unknown): string | undefined {
  if (typeof prompt === "string") return prompt;
  const isList = Array.isArray(prompt) && prompt.length > 0 && prompt.every((item) => typeof item === "string");
  return isList ? prompt.join(" ") : undefined;
}

function readMessages(messages: unknown): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return undefined;
  const contents = messages.map((message: unknown) => {
    if (typeof message !== "object" || message === null) return undefined;
    const { role, content } = message as Readonly<Record<string, unknown>>;
    return typeof role === "string" && typeof content === "string" ? content : undefined;
  });
  return contents.includes(undefined) ? undefined : contents.join(" ");
}

type Body = {
  readonly [key: string]: unknown;
  readonly model?: unknown;
  readonly prompt?: unknown;
  readonly messages?: unknown;
  readonly stream?: unknown;
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
};

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

function badRequest(message: string, param?: string): ParsedOrder {
  const error = { kind: "error", code: 400, type: "BadRequestError", message } as const;
  return param === undefined ? error : { ...error, param };
}
