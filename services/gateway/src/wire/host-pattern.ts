/** RFC 3986 §3.2, without user information, which has no place in a request (RFC 9110 §4.2.4). */
export const hostPattern: RegExp = /^(?:\[[0-9a-fA-F:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/;
