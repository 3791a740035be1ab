/** Where each part of a series listens, below the /24 that was drawn for it. Our own gateways take .1 and .2, their control plane .9. */
export const addressesOf = (net: string) =>
  ({
    haproxy: `${net}.11`,
    fastify: `${net}.12`,
    middleware: `${net}.13`,
    backend: `${net}.101`,
  }) as const;

/** The host that clients ask for; only our gateway cares. */
export const serviceHost = "chat.llm.example";

export type Address = { readonly host: string; readonly port: number };

/** Nothing else listens on a drawn address, so one port does for all. */
export const port = 8080;
