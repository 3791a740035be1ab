import {
  type EndpointOutcome,
  type FirstByte,
  poolKey,
  type RequestOutcome,
  type SiteName,
  type TargetKey,
} from "@sluice/core";
import type { Endpoint } from "../pools/endpoint.ts";
import type { LocalPool } from "../pools/local-pool.ts";
import type { PeerSite } from "../pools/peer-site.ts";
import type { Exchange, ExchangeParts } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";
import { newRequestId, newTraceparent } from "./ids.ts";
import type { HeaderList } from "./inbound.ts";
import type { Sent, UpstreamEvents, UpstreamFailure } from "./upstream.ts";

/** One try of one request at one endpoint, or at another site's gateway. */
export class Attempt implements UpstreamEvents {
  readonly site: SiteName;
  readonly rank: number;
  /** Undefined when nothing there may be tried. */
  readonly endpoint: Endpoint | undefined;
  readonly pool: LocalPool | undefined;
  readonly peer: PeerSite | undefined;
  sent: Sent | undefined;
  /** Set when it has failed and nobody there saw the request. */
  isUnseen = false;
  /** The other gateway answered, and has no pool for it. */
  #isUnserved = false;
  readonly #exchange: Exchange;
  #isNoted = false;
  #isLeft = false;

  constructor(exchange: Exchange, rank: number, except: Endpoint | undefined) {
    const { deps, service, decision, userHash } = exchange.parts;
    this.#exchange = exchange;
    this.rank = rank;
    this.site = decision.sites[rank] ?? decision.sites[0];
    const now = deps.pools.now();
    if (this.site === deps.site) {
      this.pool = deps.pools.local.of(service, decision.channel);
      this.endpoint = this.pool?.pick({ userHash, chance: deps.chance(), except }, now);
    } else {
      this.peer = deps.pools.peer(this.site);
      this.endpoint = this.peer?.pick(now);
    }
  }

  get isHop(): boolean {
    return this.peer !== undefined;
  }

  get address(): string {
    return this.endpoint?.address ?? "";
  }

  /** gRPC is always HTTP/2; so is the hop for it. */
  get speaks(): "http1" | "http2" {
    if (this.#exchange.parts.isGrpc) return "http2";
    return this.pool?.speaks ?? "http1";
  }

  send(): void {
    const { endpoint } = this;
    if (!endpoint) {
      const detail = `no endpoint of ${targetOf(this.#exchange.parts, this.site)} may be tried`;
      return this.onFailure({ kind: "connect", detail });
    }
    const { inbound, decision, deps } = this.#exchange.parts;
    const hop = this.isHop ? { hop: { gateway: deps.gateway, channel: decision.channel } } : {};
    const added = { requestId: newRequestId, traceparent: newTraceparent, ...hop };
    endpoint.load += 1;
    const { method, path, authority, body } = inbound;
    this.sent = endpoint.upstream(this.speaks).send(
      {
        method,
        path,
        authority,
        headers: requestHeaders(inbound, this.speaks, added),
        body: body.kind === "whole" ? body.bytes : this.#exchange.body?.attempt(),
      },
      this,
    );
  }

  /** There is somewhere else: the next site, or, when nobody saw the request, another endpoint of the same pool. */
  hasNext(isUnseen: boolean): boolean {
    const { decision, deps, userHash } = this.#exchange.parts;
    if (decision.sites[this.rank + 1] !== undefined) return true;
    if (!isUnseen || !this.endpoint || !this.pool) return false;
    const by = { userHash, chance: deps.chance(), except: this.endpoint };
    return this.pool.wouldPick(by, deps.pools.now()) !== undefined;
  }

  /** What was learnt. `isUnreached`: nobody there saw the request. Of a hop only that counts; the pool is the other gateway's. */
  note(outcome: RequestOutcome, isUnreached: boolean): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const now = this.#exchange.parts.deps.pools.now();
    if (this.peer && this.endpoint) this.peer.note(this.endpoint, !isUnreached || this.#isUnserved, now);
    if (!this.pool) return;
    this.pool.watch.note(outcome, now);
    const learnt = endpointOutcome(outcome, isUnreached);
    if (this.endpoint && learnt) this.pool.note(this.endpoint, learnt, now);
  }

  /**
   * It said that it has not begun on the request, as a server does that is being replaced, and the request goes elsewhere: an
   * endpoint that says so again is left out for a while, and of the pool nothing is learnt.
   */
  noteRefused(): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const now = this.#exchange.parts.deps.now();
    if (this.endpoint) this.pool?.note(this.endpoint, "refused", now);
    if (this.endpoint) this.peer?.note(this.endpoint, true, now);
  }

  noteUnserved(): void {
    this.#isUnserved = true;
    const { service, decision, deps } = this.#exchange.parts;
    this.peer?.noteUnserved(service, decision.channel, deps.pools.now());
  }

  noteFirstByte(ms: number, requestBytes: number): void {
    this.pool?.watch.noteFirstByte(this.#sample(ms, requestBytes), this.#exchange.parts.deps.pools.now());
  }

  noteGivenUp(ms: number, requestBytes: number): void {
    this.pool?.watch.noteGivenUp(this.#sample(ms, requestBytes), this.#exchange.parts.deps.pools.now());
  }

  #sample(ms: number, requestBytes: number): FirstByte {
    return { ms, requestBytes, userHash: this.#exchange.parts.userHash };
  }

  /** It holds no place any more. */
  leave(): void {
    if (this.#isLeft || !this.endpoint) return;
    this.#isLeft = true;
    this.endpoint.load -= 1;
  }

  onHead(status: number, headers: HeaderList, form: "empty" | "body"): void {
    this.#exchange.onHead(this, status, headers, form);
  }

  onData(chunk: Buffer, isLent: boolean): void {
    this.#exchange.onData(this, chunk, isLent);
  }

  onRest(): void {
    this.#exchange.onRest(this);
  }

  onEnd(trailers: HeaderList): void {
    this.#exchange.onEnd(this, trailers);
  }

  onFailure(failure: UpstreamFailure): void {
    this.#exchange.onFailure(this, failure);
  }
}

/** The first attempt, or the one after `before`: at another endpoint of the same pool if nobody saw it there, else at the next site. */
export function attemptAt(exchange: Exchange, before: Attempt | undefined): Attempt {
  if (!before) return new Attempt(exchange, 0, undefined);
  if (before.isUnseen && before.pool && before.endpoint) {
    const again = new Attempt(exchange, before.rank, before.endpoint);
    if (again.endpoint) return again;
  }
  return new Attempt(exchange, before.rank + 1, undefined);
}

function endpointOutcome(outcome: RequestOutcome, isUnreached: boolean): EndpointOutcome | undefined {
  if (isUnreached) return "refused";
  if (outcome.kind === "success") return "good";
  return outcome.kind === "failure" ? "failed" : undefined;
}

const targetOf = ({ service, decision }: ExchangeParts, site: SiteName): TargetKey =>
  poolKey(service, decision.channel, site);
