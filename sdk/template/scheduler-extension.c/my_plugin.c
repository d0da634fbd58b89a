/* Has a say in where the scheduler puts pods: one with the annotation `my-plugin/needs: NAME` goes only to nodes with
 * the label of that name, and of several nodes the one with the highest number in its label `my-plugin/rank` is best.
 * In plain C, against the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/edit.h>
#include <cleat/c/judge.h>
#include <cleat/c/kinds/core_v1.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "scheduler-extension");
/* The host knows by this what the role can be asked, as no other plugin that fills it need be there. */
CLEAT_C_BRINGS(role_SchedulerExtension);

struct plugin {
  cleat_self self;
  cleat_nodes nodes;
};

/* What to be asked; `reserves` would let it take something for a pod before that is bound. */
static void describe(const struct plugin* plugin, uint64_t call) {
  uint64_t room[16];
  cleat_builder message = cleat_into(room, 16);
  cleat_set_bool(cleat_new_root(&message, role_ExtensionDescription_shape), role_ExtensionDescription_judges, 1);
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
}

static uint8_t rank_of(cleat_struct labels) {
  const char* text = cleat_get_entry(labels, meta_v1_ObjectMeta_labels, "my-plugin/rank");
  const long rank = text ? strtol(text, NULL, 10) : 0;
  return (uint8_t)(rank < 0 ? 0 : rank > 100 ? 100 : rank);
}

/* About pods that are the same, and all nodes. The scheduler has left out those that are not for them anyway. */
static void judge_group(const struct plugin* plugin, cleat_struct group, cleat_words pod, cleat_place verdict) {
  const cleat_bytes candidates = cleat_get_data(group, role_JudgedGroup_candidates);
  const cleat_struct meta = cleat_get_struct(cleat_root(pod), core_v1_Pod_metadata);
  const char* needed = cleat_get_entry(meta, meta_v1_ObjectMeta_annotations, "my-plugin/needs");
  unsigned char* allowed = calloc(1, candidates.size + plugin->nodes.size + 1);
  unsigned char* scores = allowed ? allowed + candidates.size : NULL;
  char reason[300];
  int refused = 0;
  if (!allowed) return;
  memcpy(allowed, candidates.data, candidates.size);
  for (uint32_t i = 0; i < plugin->nodes.size; ++i) {
    cleat_struct labels;
    if (!cleat_is_candidate(candidates, i) || !plugin->nodes.each[i].words.count) continue;
    labels = cleat_get_struct(cleat_root(plugin->nodes.each[i].words), core_v1_Node_metadata);
    scores[i] = rank_of(labels);
    if (!needed || cleat_get_entry(labels, meta_v1_ObjectMeta_labels, needed)) continue;
    allowed[i / 8] &= (unsigned char)~(1u << i % 8);
    refused = 1;
  }
  snprintf(reason, sizeof reason, "had no label %s", needed ? needed : "");
  cleat_set_text(verdict, role_JudgedVerdict_reason, reason);
  if (refused) cleat_set_data(verdict, role_JudgedVerdict_allowed, allowed, candidates.size);
  cleat_set_data(verdict, role_JudgedVerdict_scores, scores, plugin->nodes.size);
  free(allowed);
}

static void judge(struct plugin* plugin, const cleat_event* event) {
  const cleat_list groups = cleat_get_list(cleat_root(event->payload.message), role_JudgeParams_groups);
  const int knows = cleat_follow_nodes(&plugin->nodes, event);
  cleat_builder message = cleat_allocate(64 + groups.count * (64 + (uint64_t)plugin->nodes.size / 7));
  const cleat_place results = cleat_new_root(&message, role_JudgeResults_shape);
  cleat_places verdicts;
  cleat_set_bool(results, role_JudgeResults_stale, !knows);
  if (knows) {
    verdicts = cleat_new_structs(results, role_JudgeResults_groups, groups.count, role_JudgedVerdict_shape);
    for (uint32_t i = 0; i < groups.count && i < event->payload.object_count; ++i) {
      judge_group(plugin, cleat_nth_struct(groups, i), event->payload.objects[i].words, cleat_nth_place(verdicts, i));
    }
  }
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  free(message.words);
}

/* One thing at a time: there is nothing to lock. */
static void deliver(void* instance, const cleat_event* event) {
  struct plugin* plugin = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_SchedulerExtension_id, role_SchedulerExtension_describe)) {
    describe(plugin, event->token);
  } else if (cleat_calls(event, role_SchedulerExtension_id, role_SchedulerExtension_judge)) {
    judge(plugin, event);
  } else {
    cleat_no_such_method(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  (void)config;
  if (!plugin) return CLEAT_FAILED;
  plugin->self = plugin->nodes.self = (cleat_self){host, context};
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_forget_nodes(&plugin->nodes);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
