/* How an arbiter comes to lead, and what it does before its first write. */

/* The row is free whenever the model likes: that stands for all that clocks, pauses and a slow database can do to a lease. */
inline acquire(i) {
  atomic {
    epoch[i] == 0 && promise[i] == 0 && lease < EPOCHS && (lease > 0 || i == 0) ->
    printf("arbiter %d acquires epoch %d\n", i, lease + 1);
    if
    :: isCountedOn(i) -> printf("VIOLATED promise: a leader in failsafe still counts on arbiter %d\n", i); assert(false)
    :: else
    fi;
    lease++;
    epoch[i] = lease;
#ifdef SHUT_DOORS
    known[i] = lease;
#endif
    copy(mine[i], store)
  }
}

/* Another arbiter is asked what it holds, and may not be heard. */
inline askArbiter(i, other) {
  if
  :: true
  :: i != other ->
     takeOver(i, journal[other]);
#ifdef SHUT_DOORS
     known[other] = (known[other] > epoch[i] -> known[other] : epoch[i]);
     heard = 1
#endif
  fi
}

/* What is found and is not in its own world becomes part of it. */
inline takeOver(i, found) {
#ifdef ADOPT_BY_FENCE
  if
  :: isNewer(found, mine[i]) && mine[i].epoch < epoch[i] -> copy(mine[i], found)
  :: else
  fi
#else
  if
  :: isMissing(found.world, mine[i].world) ->
     mine[i].world = mine[i].world | found.world;
     mine[i].epoch = 0; /* so it must be committed anew */
     mine[i].seq = (found.seq > mine[i].seq -> found.seq : mine[i].seq)
  :: else
  fi
#endif
}

#ifdef SWAP_ONLY
#define isOutranked(i) (false)
#else
#define isOutranked(i) (served.epoch > epoch[i])
#endif

inline settle(i) {
  atomic {
    epoch[i] > 0 && !settled[i] && !sent[i] ->
    if
    :: isOutranked(i) ->
       printf("arbiter %d finds a newer epoch served, and steps down\n", i);
       stepDown(i)
    :: else ->
       seenEpoch[i] = served.epoch;
       seenSeq[i] = served.seq;
#ifndef NO_ADOPTION
       takeOver(i, journal[i]);
       askArbiter(i, 0); askArbiter(i, 1); askArbiter(i, 2);
       takeOver(i, served);
#endif
#ifdef SHUT_DOORS
       settled[i] = heard;
       heard = 0;
#else
       settled[i] = 1;
#endif
       printf("arbiter %d, leading under %d, finds %d.%d served; its world is %d\n", i, epoch[i], served.epoch, served.seq, mine[i].world)
    fi
  }
}

/* The store takes it under the epoch of its lease row alone. The first commit under a new epoch may decide nothing. */
inline commit(i) {
  atomic {
    epoch[i] > 0 && settled[i] && !failsafe[i] && !sent[i] && (mine[i].epoch < epoch[i] || decisions < DECISIONS) ->
    if
    :: epoch[i] != lease -> printf("arbiter %d may not commit under %d any more, and steps down\n", i, epoch[i]); stepDown(i)
    :: epoch[i] == lease ->
       if
       :: decisions < DECISIONS -> decide(i)
       :: mine[i].epoch < epoch[i]
       fi;
       mine[i].epoch = epoch[i];
       mine[i].seq++;
       keep(i)
    fi
  }
}

inline keep(i) {
  printf("arbiter %d commits %d.%d with the world %d\n", i, mine[i].epoch, mine[i].seq, mine[i].world);
  if
  :: isMissing(store.world, mine[i].world) -> printf("VIOLATED store: a decision that was committed is gone\n"); assert(false)
  :: else
  fi;
  copy(store, mine[i])
}
