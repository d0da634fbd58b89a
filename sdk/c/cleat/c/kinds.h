/* What a plugin that brings kinds says in the same words each time: what is wrong with an object, and what `kubectl
 * get` shows of it.
 *
 *   cleat_findings found = {0};
 *   cleat_required(&found, "spec.seat");
 *   cleat_invalid(&found, "spec.guests", "-1", "must not be negative");     the value as it is to be shown
 *   cleat_reply_findings(self, event->token, &found);
 */
#ifndef CLEAT_C_KINDS_H
#define CLEAT_C_KINDS_H

#include <cleat/c/plugin.h>
#include <cleat/c/role/kinds.h>

#include <stdio.h>
#include <time.h>

enum { CLEAT_FINDINGS = 16 }; /* what is told of one object */

typedef struct cleat_findings {
  struct {
    const char* reason;
    char field[256], message[512];
  } each[CLEAT_FINDINGS];
  uint32_t count;
} cleat_findings;

static inline void cleat_find_fault_(cleat_findings* found, const char* reason, const char* field) {
  const uint32_t at = found->count < CLEAT_FINDINGS ? found->count++ : CLEAT_FINDINGS - 1;
  found->each[at].reason = reason;
  snprintf(found->each[at].field, sizeof found->each[at].field, "%s", field);
}

static inline void cleat_required(cleat_findings* found, const char* field) {
  cleat_find_fault_(found, "FieldValueRequired", field);
  snprintf(found->each[found->count - 1].message, sizeof found->each[0].message, "Required value");
}

/* A text stands in quotes: "\"12B\"". */
static inline void cleat_invalid(cleat_findings* found, const char* field, const char* value, const char* why) {
  cleat_find_fault_(found, "FieldValueInvalid", field);
  snprintf(found->each[found->count - 1].message, sizeof found->each[0].message, "Invalid value: %s: %s", value, why);
}

/* Ends a call of `validate`. */
static inline void cleat_reply_findings(cleat_self self, uint64_t call, const cleat_findings* found) {
  uint64_t room[2048];
  cleat_builder message = cleat_into(room, 2048);
  const cleat_place results = cleat_new_root(&message, role_ValidateResults_shape);
  const cleat_places causes =
      cleat_new_structs(results, role_ValidateResults_causes, found->count, wire_StatusCause_shape);
  uint32_t i;
  for (i = 0; i < found->count; ++i) {
    const cleat_place cause = cleat_nth_place(causes, i);
    cleat_set_text(cause, wire_StatusCause_reason, found->each[i].reason);
    cleat_set_text(cause, wire_StatusCause_message, found->each[i].message);
    cleat_set_text(cause, wire_StatusCause_field, found->each[i].field);
  }
  cleat_reply(self, call, CLEAT_OK, &message);
}

static inline void cleat_cell_text(cleat_places cells, uint32_t at, const char* text) {
  const cleat_place cell = cleat_nth_place(cells, at);
  cleat_set_u16(cell, role_Cell_which, role_Cell_text_is);
  cleat_set_text(cell, role_Cell_text, text);
}

static inline void cleat_cell_integer(cleat_places cells, uint32_t at, int64_t number) {
  const cleat_place cell = cleat_nth_place(cells, at);
  cleat_set_u16(cell, role_Cell_which, role_Cell_integer_is);
  cleat_set_i64(cell, role_Cell_integer, number);
}

/* How long ago "2026-11-30T12:00:00Z" was, as kubectl says it: 59s, 10m, 5h, 3d. */
static inline void cleat_cell_age(cleat_places cells, uint32_t at, const char* timestamp, int64_t wall_now_ns) {
  struct tm when;
  char text[32] = "<unknown>";
  int64_t seconds;
  memset(&when, 0, sizeof when);
  if (sscanf(timestamp, "%d-%d-%dT%d:%d:%d", &when.tm_year, &when.tm_mon, &when.tm_mday, &when.tm_hour, &when.tm_min,
             &when.tm_sec) == 6) {
    when.tm_year -= 1900;
    when.tm_mon -= 1;
    seconds = wall_now_ns / 1000000000 - (int64_t)timegm(&when);
    if (seconds < 0) seconds = 0;
    if (seconds < 120) {
      snprintf(text, sizeof text, "%ds", (int)seconds);
    } else if (seconds < 3 * 3600) {
      snprintf(text, sizeof text, "%dm", (int)(seconds / 60));
    } else if (seconds < 48 * 3600) {
      snprintf(text, sizeof text, "%dh", (int)(seconds / 3600));
    } else {
      snprintf(text, sizeof text, "%lldd", (long long)(seconds / 86400));
    }
  }
  cleat_cell_text(cells, at, text);
}

#endif
