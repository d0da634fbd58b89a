/* The nodes that a scheduler asks a scheduler-extension about. They have numbers, and the scheduler tells only those
 * that have changed; here they are all.
 *
 *   if (!cleat_follow_nodes(&plugin->nodes, event)) … answer `stale`, and nothing else …
 *   for (uint32_t i = 0; i < plugin->nodes.size; ++i) if (plugin->nodes.each[i].ref) … cleat_root(….words) …
 */
#ifndef CLEAT_C_JUDGE_H
#define CLEAT_C_JUDGE_H

#include <cleat/c/plugin.h>
#include <cleat/c/role/scheduler_extension.h>

typedef struct cleat_nodes {
  cleat_self self;
  uint64_t table;
  cleat_object* each; /* by number; nobody's have no words */
  uint32_t size;
} cleat_nodes;

static inline void cleat_let_node_(cleat_nodes* nodes, uint32_t number) {
  static const cleat_object none = {{NULL, 0}, 0, NULL};
  if (nodes->each[number].ref) nodes->self.host->release(nodes->self.context, nodes->each[number].ref);
  nodes->each[number] = none;
}

/* When the plugin stops. */
static inline void cleat_forget_nodes(cleat_nodes* nodes) {
  uint32_t i;
  for (i = 0; i < nodes->size; ++i) cleat_let_node_(nodes, i);
  free(nodes->each);
  nodes->each = NULL;
  nodes->size = 0;
}

static inline int cleat_resize_nodes_(cleat_nodes* nodes, uint32_t size) {
  cleat_object* each;
  uint32_t i;
  for (i = size; i < nodes->size; ++i) cleat_let_node_(nodes, i);
  each = (cleat_object*)realloc(nodes->each, (size ? size : 1) * sizeof *each);
  if (!each) return 0;
  for (i = nodes->size; i < size; ++i) memset(&each[i], 0, sizeof each[i]);
  nodes->each = each;
  nodes->size = size;
  return 1;
}

/* Takes what a call of `judge` says of the nodes; 0: it begins with what is not known here. */
static inline int cleat_follow_nodes(cleat_nodes* nodes, const cleat_event* event) {
  const cleat_struct params = cleat_root(event->payload.message);
  const uint64_t before = cleat_get_u64(params, role_JudgeParams_before);
  const cleat_list changed = cleat_get_list(params, role_JudgeParams_changed);
  const cleat_list gone = cleat_get_list(params, role_JudgeParams_gone);
  const uint32_t first = cleat_get_list(params, role_JudgeParams_groups).count;
  uint32_t i;
  if (before != 0 && before != nodes->table) return 0;
  if (before == 0) cleat_forget_nodes(nodes);
  if (!cleat_resize_nodes_(nodes, cleat_get_u32(params, role_JudgeParams_size))) return 0;
  for (i = 0; i < gone.count; ++i) {
    if (cleat_nth_u32(gone, i) < nodes->size) cleat_let_node_(nodes, cleat_nth_u32(gone, i));
  }
  for (i = 0; i < changed.count && first + i < event->payload.object_count; ++i) {
    const uint32_t number = cleat_nth_u32(changed, i);
    if (number >= nodes->size) continue;
    cleat_let_node_(nodes, number);
    nodes->each[number] = event->payload.objects[first + i];
    nodes->self.host->retain(nodes->self.context, nodes->each[number].ref);
  }
  nodes->table = cleat_get_u64(params, role_JudgeParams_table);
  return 1;
}

static inline int cleat_is_candidate(cleat_bytes candidates, uint32_t number) {
  return number / 8 < candidates.size && ((const unsigned char*)candidates.data)[number / 8] >> number % 8 & 1;
}

#endif
