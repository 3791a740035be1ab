/* Writes to the data plane: any delay, any loss, and an answer that may not come. */

#ifdef LEASE_ONLY
#define mayWrite(i) (lease == epoch[i])
#else
#define mayWrite(i) (!failsafe[i] || isBacked(i))
#endif

inline send(i) {
  atomic {
    epoch[i] > 0 && settled[i] && !sent[i] && mine[i].epoch == epoch[i] &&
    (mine[i].epoch != seenEpoch[i] || mine[i].seq != seenSeq[i]) && mayWrite(i) ->
    printf("arbiter %d sends %d.%d with the world %d\n", i, mine[i].epoch, mine[i].seq, mine[i].world);
    copy(write[i], mine[i]);
    sent[i] = 1
  }
}

#if defined(NO_FENCE) || defined(LEASE_ONLY)
#define isTaken(i) (true)
#elif defined(SWAP_ONLY)
#define isTaken(i) isSeen(i)
#elif defined(NEWER_WINS)
#define isTaken(i) isNewer(write[i], served)
#else
#define isTaken(i) (isSeen(i) && isNewer(write[i], served))
#endif

inline arrive(i) {
  atomic {
    sent[i] ->
    if
    :: isTaken(i) ->
       printf("the data plane takes %d.%d, with the world %d, after %d.%d, with the world %d\n", write[i].epoch, write[i].seq, write[i].world, served.epoch, served.seq, served.world);
       if
       :: isNewer(served, write[i]) -> printf("VIOLATED fence: what is served goes back\n"); assert(false)
       :: isMissing(served.world, write[i].world) -> printf("VIOLATED world: a decision that was served is undone, and nobody decided that\n"); assert(false)
       :: else
       fi;
       copy(served, write[i])
    :: else -> printf("the data plane refuses %d.%d, since it serves %d.%d\n", write[i].epoch, write[i].seq, served.epoch, served.seq)
    :: true -> printf("the write %d.%d is lost\n", write[i].epoch, write[i].seq)
    fi;
    /* Whatever came of it: it looks again. */
    settled[i] = 0; seenEpoch[i] = 0; seenSeq[i] = 0;
    sent[i] = 0; write[i].epoch = 0; write[i].seq = 0; write[i].world = 0
  }
}
