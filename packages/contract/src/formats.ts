import { whyNotAddress, whyNotCidr } from "./address.ts";
import { whyNotEndpoint, whyNotProcessUrl } from "./endpoint.ts";
import { whyNotHeaderName, whyNotHeaderValue } from "./header.ts";
import { whyNotHostName, whyNotOwnerName } from "./host-name.ts";

export type Format = {
  /** Completes a sentence that begins with the text. Undefined: the text fits. */
  readonly whyNot: (text: string) => string | undefined;
  /** What to write. */
  readonly hint: string;
};

const lowerCase = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The forms that texts in the configuration take, by the name that the schema gives as `format`. */
const formats = {
  name: {
    whyNot: (text) => (lowerCase.test(text) ? undefined : "is no name"),
    hint: "Write lower-case letters, digits and inner hyphens, at most 63: site-a.",
  },
  "host-name": { whyNot: whyNotHostName, hint: "Write a whole name in lower case, no final dot: chat.example.org." },
  "owner-name": { whyNot: whyNotOwnerName, hint: "Write a whole name in lower case, no final dot: www.example.org." },
  address: { whyNot: whyNotAddress, hint: "Write an address: 192.0.2.1 or 2001:db8::1." },
  endpoint: { whyNot: whyNotEndpoint, hint: "Write host:port, an IPv6 host in brackets: [2001:db8::1]:443." },
  cidr: { whyNot: whyNotCidr, hint: "Write a range: 127.0.0.0/8 or ::1/128." },
  "header-name": { whyNot: whyNotHeaderName, hint: "Write a header that clients send, in lower case: x-user-id." },
  "header-value": { whyNot: whyNotHeaderValue, hint: "Write visible ASCII, at most with inner spaces: experiment-v2." },
  "process-url": { whyNot: whyNotProcessUrl, hint: "Write scheme, host and port: http://192.0.2.1:7400." },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;

export const formatOf = (name: string | undefined): Format | undefined =>
  name !== undefined && Object.hasOwn(formats, name) ? formats[name as FormatName] : undefined;
