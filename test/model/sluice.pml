/*
 * Lease, fence and failsafe promises. What may happen may happen at any time; four things must never:
 *   fence    the data plane goes back to an older fence
 *   world    a decision that was served is undone by somebody who didn't know of it
 *   store    a decision that was committed vanishes from the store
 *   promise  an arbiter acquires while a leader in failsafe counts on its promise
 * docs/guarantees.md says how to read a counter-example.
 */
#include "world.pml"
#include "leading.pml"
#include "failsafe.pml"
#include "writing.pml"

active [N] proctype Arbiter() {
#ifdef SHUT_DOORS
  bit heard;
#endif
  do
  :: acquire(_pid)
  :: settle(_pid)
  :: commit(_pid)
  :: send(_pid)
  :: restart(_pid)
#ifndef NO_FAILSAFE
  :: loseStore(_pid)
  :: askPromise(_pid, 0) :: askPromise(_pid, 1) :: askPromise(_pid, 2)
  :: hearPromise(_pid, 0) :: hearPromise(_pid, 1) :: hearPromise(_pid, 2)
  :: decideAlone(_pid, 0) :: decideAlone(_pid, 1) :: decideAlone(_pid, 2)
  :: findStore(_pid)
#endif
  od
}

active proctype Network() {
  do
  :: arrive(0) :: arrive(1) :: arrive(2)
  od
}

/* Monotonic clocks go on together; nobody sees a common one. */
active proctype Clocks() {
  byte n;
  do
  :: d_step {
       printf("time passes\n");
       n = 0;
       do :: n < N -> promise[n] = (promise[n] > 0 -> promise[n] - 1 : 0); n++ :: else -> break od;
       n = 0;
       do
       :: n < 9 ->
          if
#ifdef COUNT_FROM_REPLY
          :: asked[n] == HEARD && relied[n] > 0 -> relied[n]--
#else
          :: relied[n] > 0 -> relied[n]--
#endif
          :: else
          fi;
          if
          :: asked[n] == HEARD && relied[n] == 0 -> asked[n] = NOTHING
          :: else
          fi;
          n++
       :: else -> break
       od;
       n = 0
     }
  od
}
