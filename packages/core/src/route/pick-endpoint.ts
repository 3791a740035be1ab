/** An endpoint as a data plane holds it: the picker reads these fields and no others. */
export type EndpointLoad = {
  /** The 32-bit hash of its address; by it users find the same endpoint, whatever the order of the list. */
  readonly hash: number;
  /** Requests in flight. */
  readonly load: number;
  /** Ejected: it gets nothing. */
  readonly isOut: boolean;
};

/** By whom an endpoint is drawn. `chance` is uniform in [0, 1) and a fresh draw: the one that drew the slot would tie both together. */
export type Draw = { readonly userHash: number } | { readonly chance: number };

/**
 * No endpoint gets a user's request while it holds this many times the mean. Lower evens the load and scatters users, so that
 * their caches go cold; higher keeps users together and lets one endpoint run hot. 1.25 is what the paper's authors chose
 * for their load balancers (Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016).
 */
export const loadBoundFactor = 1.25;

/** Index of the endpoint that gets the next request, or -1 when none is in. */
export function pickEndpoint(endpoints: readonly EndpointLoad[], draw: Draw): number {
  let isIn = 0;
  let load = 0;
  for (const endpoint of endpoints) {
    if (endpoint.isOut) continue;
    isIn += 1;
    load += endpoint.load;
  }
  if (isIn === 0) return -1;
  // The request itself counts too: else nobody idle could take it. So somebody is always below the bound.
  const bound = Math.ceil((loadBoundFactor * (load + 1)) / isIn);
  return "userHash" in draw ? firstOf(endpoints, draw.userHash, bound) : lesserOfTwo(endpoints, draw.chance, isIn);
}

/**
 * Rendezvous: every endpoint has a score for every user, and the best score below the bound wins. So a user whose endpoint is
 * out, or full, goes to his second one, nobody else moves, and a new endpoint takes from each an equal part.
 */
function firstOf(endpoints: readonly EndpointLoad[], userHash: number, bound: number): number {
  let best = -1;
  let bestScore = -1;
  for (let index = 0; index < endpoints.length; index += 1) {
    const { hash, load, isOut } = endpoints[index] as EndpointLoad;
    if (isOut || load >= bound) continue;
    const score = mix(userHash ^ hash);
    if (score > bestScore) {
      best = index;
      bestScore = score;
    }
  }
  return best;
}

/** MurmurHash3's finalizer: each bit of 32 in changes half of the 32 bits out, and no two numbers come out the same. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Two different ones are drawn, and the one with fewer requests in flight wins. That keeps the longest queue short without
 * sending everybody to the one that happens to be idle, as the least of all would (Mitzenmacher, 1996).
 */
function lesserOfTwo(endpoints: readonly EndpointLoad[], chance: number, isIn: number): number {
  const drawn = chance * isIn;
  const first = nthIn(endpoints, Math.floor(drawn));
  if (isIn === 1) return first;
  // What the first draw left of the chance draws the second, among the others.
  const step = 1 + Math.floor((drawn % 1) * (isIn - 1));
  const second = nthIn(endpoints, (Math.floor(drawn) + step) % isIn);
  const [one, other] = [endpoints[first] as EndpointLoad, endpoints[second] as EndpointLoad];
  return other.load < one.load ? second : first;
}

/** Index of the nth endpoint that is in. */
function nthIn(endpoints: readonly EndpointLoad[], n: number): number {
  let left = n;
  for (let index = 0; index < endpoints.length; index += 1) {
    if ((endpoints[index] as EndpointLoad).isOut) continue;
    if (left === 0) return index;
    left -= 1;
  }
  return -1;
}
