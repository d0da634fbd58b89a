/* What a plugin waits for: the answer to a call, a timer, work that blocks. Each is a struct of the plugin's own that
 * begins with a cleat_waiter; its function is called when what it waits for has come.
 *
 *   struct question { cleat_waiter waiter; struct plugin* plugin; … };
 *   static void come(cleat_waiter* waiter, const cleat_event* event) { struct question* question = (void*)waiter; … }
 *
 *   static void deliver(void* instance, const cleat_event* event) {
 *     if (cleat_come(event)) return;
 *     … calls …
 *   }
 *
 * One waiter waits for one thing at a time. When the plugin stops nothing comes any more. */
#ifndef CLEAT_C_WAIT_H
#define CLEAT_C_WAIT_H

#include <cleat/c/plugin.h>

typedef struct cleat_waiter {
  void (*come)(struct cleat_waiter* waiter, const cleat_event* event);
} cleat_waiter;

/* Where an event is for one who waits, that one has it, and this is 1. */
static inline int cleat_come(const cleat_event* event) {
  cleat_waiter* waiter = (cleat_waiter*)(uintptr_t)event->token;
  if (event->type == CLEAT_EVENT_CALL || event->type == CLEAT_EVENT_CANCEL) return 0;
  if (waiter) waiter->come(waiter, event);
  return 1;
}

static inline uint64_t cleat_token(const cleat_waiter* waiter) { return (uint64_t)(uintptr_t)waiter; }

/* After so many nanoseconds. */
static inline void cleat_after(cleat_self self, cleat_waiter* waiter, int64_t nanoseconds) {
  self.host->timer(self.context, cleat_token(waiter), nanoseconds);
}

/* Soon, when whoever asks for it has returned. */
static inline void cleat_soon(cleat_self self, cleat_waiter* waiter) {
  self.host->post(self.context, cleat_token(waiter));
}

/* Runs work(argument) where it may block; then `waiter` is told. The work calls nothing of the host's and touches only
 * what nobody else does meanwhile. It may still run when the plugin stops: `stop` does not free what it uses. */
static inline void cleat_blocking(cleat_self self, void (*work)(void*), void* argument, cleat_waiter* waiter) {
  self.host->run_blocking(self.context, work, argument, cleat_token(waiter));
}

#endif
