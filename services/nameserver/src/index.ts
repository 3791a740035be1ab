export { type Nameserver, type NameserverOptions, startNameserver } from "./start-nameserver.ts";
