/* Keys to work on: each once however often it is added, one at a time, and again with a growing delay when it has not
 * succeeded. What a controller is built on: it looks at what is, not at what has changed.
 *
 *   static void reconcile(cleat_work* work, const char* key) { … and in the end, now or later: cleat_done(work, 1); }
 *
 *   cleat_begin_work(&plugin->work, self, reconcile);          and in `stop`: cleat_end_work(&plugin->work);
 *   cleat_add_work(&plugin->work, "default/web");
 *
 * A key that is added while it is worked on is worked on once more. */
#ifndef CLEAT_C_WORK_H
#define CLEAT_C_WORK_H

#include <cleat/c/wait.h>

#include <stddef.h>

typedef struct cleat_key_ {
  char* key;
  int64_t due; /* on the host's clock */
  unsigned tries;
} cleat_key_;

typedef struct cleat_work {
  cleat_waiter turn, timer;
  cleat_self self;
  void (*reconcile)(struct cleat_work* work, const char* key);
  cleat_key_* keys; /* in their order */
  size_t count, room, next;
  char* current; /* worked on; not among the keys unless it was added again */
  unsigned current_tries;
  int turn_is_due, timer_is_due;
} cleat_work;

#define CLEAT_FIRST_DELAY_ INT64_C(20000000)      /* 20 ms, twice as long each time */
#define CLEAT_LONGEST_DELAY_ INT64_C(30000000000) /* 30 s */

static inline void cleat_turn_(cleat_work* work) {
  if (work->turn_is_due || work->current) return;
  work->turn_is_due = 1;
  cleat_soon(work->self, &work->turn);
}

static inline void cleat_insert_(cleat_work* work, const char* key, int64_t due, unsigned tries) {
  size_t low = 0, high = work->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order = strcmp(work->keys[middle].key, key);
    if (order == 0) {
      if (due < work->keys[middle].due) work->keys[middle].due = due;
      return;
    }
    if (order < 0) low = middle + 1;
    if (order > 0) high = middle;
  }
  if (work->count == work->room) {
    const size_t room = work->room ? work->room * 2 : 32;
    cleat_key_* keys = (cleat_key_*)realloc(work->keys, room * sizeof *keys);
    if (!keys) abort(); /* without memory it would forget what is to be done */
    work->keys = keys;
    work->room = room;
  }
  memmove(work->keys + low + 1, work->keys + low, (work->count - low) * sizeof *work->keys);
  work->keys[low].key = strdup(key);
  if (!work->keys[low].key) abort();
  work->keys[low].due = due;
  work->keys[low].tries = tries;
  ++work->count;
  if (low < work->next) ++work->next;
}

static inline void cleat_add_work(cleat_work* work, const char* key) {
  cleat_insert_(work, key, 0, 0);
  cleat_turn_(work);
}

/* Ends what `reconcile` began: with 0 it is tried again later. */
static inline void cleat_done(cleat_work* work, int succeeded) {
  char* key = work->current;
  if (!key) return;
  work->current = NULL;
  if (!succeeded) {
    const unsigned tries = work->current_tries < 20 ? work->current_tries : 20;
    int64_t delay = CLEAT_FIRST_DELAY_ << tries;
    if (delay > CLEAT_LONGEST_DELAY_) delay = CLEAT_LONGEST_DELAY_;
    cleat_insert_(work, key, work->self.host->now(work->self.context) + delay, work->current_tries + 1);
  }
  free(key);
  if (work->count > 0) cleat_turn_(work);
}

/* The next one that is due, or a timer for the first that will be. */
static inline void cleat_on_turn_(cleat_work* work) {
  const int64_t now = work->self.host->now(work->self.context);
  int64_t soonest = INT64_MAX;
  size_t looked;
  if (work->current) return;
  for (looked = 0; looked < work->count; ++looked) {
    const size_t at = (work->next + looked) % work->count;
    const cleat_key_ found = work->keys[at];
    if (found.due > now) {
      if (found.due < soonest) soonest = found.due;
      continue;
    }
    --work->count;
    memmove(work->keys + at, work->keys + at + 1, (work->count - at) * sizeof *work->keys);
    work->next = work->count ? at % work->count : 0;
    work->current = found.key;
    work->current_tries = found.tries;
    work->reconcile(work, found.key);
    return;
  }
  if (work->count == 0 || work->timer_is_due) return;
  work->timer_is_due = 1;
  cleat_after(work->self, &work->timer, soonest - now);
}

static inline void cleat_on_work_turn_(cleat_waiter* waiter, const cleat_event* event) {
  cleat_work* work = (cleat_work*)waiter;
  (void)event;
  work->turn_is_due = 0;
  cleat_on_turn_(work);
}
static inline void cleat_on_work_timer_(cleat_waiter* waiter, const cleat_event* event) {
  cleat_work* work = (cleat_work*)((char*)waiter - offsetof(cleat_work, timer));
  (void)event;
  work->timer_is_due = 0;
  cleat_turn_(work);
}

static inline void cleat_begin_work(cleat_work* work, cleat_self self, void (*reconcile)(cleat_work*, const char*)) {
  memset(work, 0, sizeof *work);
  work->turn.come = cleat_on_work_turn_;
  work->timer.come = cleat_on_work_timer_;
  work->self = self;
  work->reconcile = reconcile;
}

/* When the plugin stops. */
static inline void cleat_end_work(cleat_work* work) {
  size_t i;
  for (i = 0; i < work->count; ++i) free(work->keys[i].key);
  free(work->keys);
  free(work->current);
  work->keys = NULL;
  work->current = NULL;
  work->count = work->room = 0;
}

#endif
