import type { makeHttpServer } from "@sluice/runtime/server";

/** The HTTP server with its schema types, as routes receive it. */
export type ArbiterHttp = ReturnType<typeof makeHttpServer>;
