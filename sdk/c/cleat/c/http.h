/* What a plugin with the role http-handler says in the same words each time: which path it takes, and an answer.
 *
 *   cleat_begin_routes(&plugin->routes, self, "/hello");       and in `stop`: cleat_end_routes(&plugin->routes);
 *
 *   if (cleat_calls(event, role_HttpHandler_id, role_HttpHandler_routes)) cleat_tell_routes(&plugin->routes, event);
 *   …
 *   cleat_answer_http(self, event->token, 200, "text/plain", "hello\n", 6);
 */
#ifndef CLEAT_C_HTTP_H
#define CLEAT_C_HTTP_H

#include <cleat/c/role/http_handler.h>
#include <cleat/c/wait.h>

struct cleat_routes;

/* A call that waits until something else is taken: until shortly before its deadline, for nothing ever changes. */
typedef struct cleat_routes_call_ {
  cleat_waiter waiter;
  struct cleat_routes* of;
  uint64_t call;
  struct cleat_routes_call_* next;
} cleat_routes_call_;

typedef struct cleat_routes {
  cleat_self self;
  uint64_t cursor; /* which instance this is */
  const char* prefix;
  cleat_routes_call_* waiting;
} cleat_routes;

/* That path and every one below it; `prefix` lives as long as the plugin. */
static inline void cleat_begin_routes(cleat_routes* routes, cleat_self self, const char* prefix) {
  routes->self = self;
  routes->prefix = prefix;
  routes->waiting = NULL;
  self.host->random(self.context, &routes->cursor, sizeof routes->cursor);
  routes->cursor |= 1;
}

static inline void cleat_routes_answer_(cleat_routes* routes, uint64_t call, int with_route) {
  uint64_t room[512];
  cleat_builder message = cleat_into(room, 512);
  const cleat_place results = cleat_new_root(&message, role_RoutesResults_shape);
  cleat_set_u64(results, role_RoutesResults_cursor, routes->cursor);
  if (with_route) {
    const cleat_places all = cleat_new_structs(results, role_RoutesResults_routes, 1, role_Route_shape);
    cleat_set_text(cleat_nth_place(all, 0), role_Route_prefix, routes->prefix);
  }
  cleat_reply(routes->self, call, CLEAT_OK, &message);
}

static inline void cleat_on_routes_time_(cleat_waiter* waiter, const cleat_event* event) {
  cleat_routes_call_* call = (cleat_routes_call_*)waiter;
  cleat_routes_call_** at = &call->of->waiting;
  (void)event;
  while (*at != call) at = &(*at)->next;
  *at = call->next;
  cleat_routes_answer_(call->of, call->call, 0);
  free(call);
}

/* Answers the method `routes`. */
static inline void cleat_tell_routes(cleat_routes* routes, const cleat_event* event) {
  const uint64_t known = cleat_get_u64(cleat_root(event->payload.message), role_RoutesParams_cursor);
  const int64_t left = event->deadline_ns - routes->self.host->now(routes->self.context) - INT64_C(500000000);
  cleat_routes_call_* call = known == routes->cursor ? (cleat_routes_call_*)calloc(1, sizeof *call) : NULL;
  if (!call) {
    cleat_routes_answer_(routes, event->token, 1);
    return;
  }
  call->waiter.come = cleat_on_routes_time_;
  call->of = routes;
  call->call = event->token;
  call->next = routes->waiting;
  routes->waiting = call;
  cleat_after(routes->self, &call->waiter, left > 0 ? left : 0);
}

static inline void cleat_end_routes(cleat_routes* routes) {
  while (routes->waiting) {
    cleat_routes_call_* call = routes->waiting;
    routes->waiting = call->next;
    free(call);
  }
}

/* Ends a call of the method `handle`. */
static inline void cleat_answer_http(cleat_self self, uint64_t call, uint16_t status, const char* type,
                                     const void* body, size_t size) {
  const uint64_t words = size / 8 + 128;
  uint64_t* room = (uint64_t*)malloc(words * sizeof *room);
  cleat_builder message = cleat_into(room, room ? words : 0);
  const cleat_place results = cleat_new_root(&message, role_HandleResults_shape);
  const cleat_place answer = cleat_new_struct(results, role_HandleResults_answer, role_HttpAnswer_shape);
  cleat_set_u16(results, role_HandleResults_which, role_HandleResults_answer_is);
  cleat_set_u16(answer, role_HttpAnswer_status, status ^ 200); /* stored XORed with its default */
  cleat_set_text(answer, role_HttpAnswer_contentType, type);
  cleat_set_data(answer, role_HttpAnswer_body, body, size);
  cleat_reply(self, call, CLEAT_OK, &message);
  free(room);
}

#endif
