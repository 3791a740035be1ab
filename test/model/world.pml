/* What there is: the store with the lease row, one data plane, and three arbiters. */

#define N 3
#ifndef DECISIONS
#define DECISIONS 2 /* so many are made in one history */
#endif
#ifndef EPOCHS
#define EPOCHS 3    /* and so many leaders there are */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef FAILSAFES
#define FAILSAFES 1
#endif

/* A promise is kept a unit longer than the leader counts on it: in Sluice 10 s and 8 s, to leave room for clocks of other rates. */
#define KEPT 2
#define RELIED 1

/* A fence, and the world that it stands for: the set of decisions in it. */
typedef Head { byte epoch; byte seq; byte world }

byte lease;              /* the epoch in the lease row */
Head store;              /* the last commit */
Head served;             /* what the data plane serves */
byte decisions, crashes, failsafes; /* how many there were */

byte epoch[N];           /* under which an arbiter leads; 0: it follows */
bit settled[N];          /* it knows what is served, and may write */
bit failsafe[N];         /* it leads without the store */
Head mine[N];            /* its world */
Head journal[N];         /* on its disk: what was decided in failsafe, by itself or by a leader that it promised */
byte promise[N];         /* how long it won't acquire, by its own clock */
#ifdef SHUT_DOORS
byte known[N];           /* the highest epoch that a new leader asked it under */
#endif

/* What came of a leader's asking for a promise, and for how long the leader counts on it. */
#define NOTHING 0
#define GRANTED 1
#define HEARD 2
byte asked[9];
byte relied[9];
#define at(leader, other) ((leader) * N + (other))

/* A write on its way to the data plane, and the fence that its sender has last seen there. */
bit sent[N];
Head write[N];
byte seenEpoch[N];
byte seenSeq[N];

#define isNewer(one, other) (one.epoch > other.epoch || (one.epoch == other.epoch && one.seq > other.seq))
#define isSeen(i) (seenEpoch[i] == served.epoch && seenSeq[i] == served.seq)
/* Whether a decision in one world is missing in another. */
#define isMissing(some, world) ((some & ~(world)) != 0)

#define counts(leader, other) (asked[at(leader, other)] == HEARD && relied[at(leader, other)] > 0)
/* With itself that is two of three. */
#define isBacked(i) (counts(i, 0) || counts(i, 1) || counts(i, 2))
#define isCountedOn(p) ((failsafe[0] && counts(0, p)) || (failsafe[1] && counts(1, p)) || (failsafe[2] && counts(2, p)))

inline copy(to, from) { to.epoch = from.epoch; to.seq = from.seq; to.world = from.world }
inline decide(i) { mine[i].world = mine[i].world | (1 << decisions); decisions++ }
inline stepDown(i) {
  epoch[i] = 0; settled[i] = 0; failsafe[i] = 0; seenEpoch[i] = 0; seenSeq[i] = 0;
  mine[i].epoch = 0; mine[i].seq = 0; mine[i].world = 0;
  needNoPromise(i)
}
inline needNoPromise(i) {
  asked[at(i, 0)] = NOTHING; asked[at(i, 1)] = NOTHING; asked[at(i, 2)] = NOTHING;
  relied[at(i, 0)] = 0; relied[at(i, 1)] = 0; relied[at(i, 2)] = 0
}
