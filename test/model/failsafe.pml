/* A leader that has lost the store, and those who promise to wait for it. */

inline loseStore(i) {
  atomic {
    epoch[i] > 0 && settled[i] && !failsafe[i] && !sent[i] && failsafes < FAILSAFES ->
    printf("arbiter %d loses the store, and goes on without it if it may\n", i);
    failsafe[i] = 1;
    failsafes++
  }
}

/* Only the promise's way back takes time here: a longer way there makes it end later, and harms nobody. */
inline askPromise(i, other) {
  atomic {
    failsafe[i] && i != other && epoch[other] == 0 && asked[at(i, other)] == NOTHING ->
    printf("arbiter %d asks arbiter %d, which promises\n", i, other);
    promise[other] = KEPT;
    asked[at(i, other)] = GRANTED;
    relied[at(i, other)] = RELIED
  }
}

inline hearPromise(i, other) {
  atomic {
    asked[at(i, other)] == GRANTED ->
#ifdef COUNT_FROM_REPLY
    relied[at(i, other)] = RELIED;
#endif
    printf("arbiter %d hears the promise, and counts on it for %d\n", i, relied[at(i, other)]);
    asked[at(i, other)] = (relied[at(i, other)] > 0 -> HEARD : NOTHING)
  }
}

/* A leader, or a promiser, that a newer leader has asked what it holds takes no entry of an older one any more. */
#ifdef SHUT_DOORS
#define isOpen(i, promiser) (known[i] <= epoch[i] && known[promiser] <= epoch[i])
#else
#define isOpen(i, promiser) (true)
#endif

/* Written down here and at one promiser, and only then sent to the data plane. */
inline decideAlone(i, promiser) {
  atomic {
    failsafe[i] && settled[i] && !sent[i] && decisions < DECISIONS && counts(i, promiser) && isOpen(i, promiser) ->
    decide(i);
    mine[i].epoch = epoch[i];
    mine[i].seq++;
    copy(journal[i], mine[i]);
    copy(journal[promiser], mine[i]);
    printf("arbiter %d decides alone: %d.%d with the world %d, written down at arbiter %d too\n", i, mine[i].epoch, mine[i].seq, mine[i].world, promiser)
  }
}

/* The store is back: by compare-and-swap on its own epoch, or not at all. */
inline findStore(i) {
  atomic {
    failsafe[i] && settled[i] && !sent[i] && lease < EPOCHS ->
    if
#ifdef NO_SWAP_ON_OWN_EPOCH
    :: true ->
#else
    :: lease != epoch[i] -> printf("arbiter %d finds the store under another epoch, and steps down\n", i); stepDown(i)
    :: lease == epoch[i] ->
#endif
       lease++;
       epoch[i] = lease;
       failsafe[i] = 0;
       needNoPromise(i);
       mine[i].epoch = lease;
       mine[i].seq++;
       printf("arbiter %d finds the store, takes epoch %d and writes its journal back\n", i, lease);
       keep(i)
    fi
  }
}

/* It forgets what it had in memory. A promise is on its disk, and is kept from its start anew: clocks don't outlive a process. */
inline restart(i) {
  atomic {
    crashes < CRASHES && (epoch[i] > 0 || promise[i] > 0) ->
    printf("arbiter %d starts anew\n", i);
    crashes++;
    stepDown(i);
#ifdef PROMISE_FORGOTTEN
    promise[i] = 0
#else
    promise[i] = (promise[i] > 0 -> KEPT : 0)
#endif
  }
}
