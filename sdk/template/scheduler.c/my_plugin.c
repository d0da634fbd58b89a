/* Schedules by rank: each pod goes to the node that its nodeSelector allows and that has the highest number in its
 * label `my-plugin/rank`. What a pod takes of a node is not looked at, nor are taints and affinities. In plain C,
 * against the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/edit.h>
#include <cleat/c/informer.h>
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/work.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "scheduler",
                 .grants = "- pods,nodes get,list,watch\n- pods/binding create\n",
                 .config_schema = "scheduler_name string my-plugin # pods with this spec.schedulerName are its own\n");

static const cleat_resource pods = {"", "v1", "pods"};
static const cleat_resource nodes = {"", "v1", "nodes"};

struct plugin {
  cleat_self self;
  cleat_informer pods, nodes;
  cleat_work work; /* pods by their keys */
  cleat_waiter binding;
  char name[256];
};

static int waits(const struct plugin* plugin, cleat_words pod) {
  const cleat_struct spec = cleat_get_struct(cleat_root(pod), core_v1_Pod_spec);
  return *cleat_get_text(spec, core_v1_PodSpec_nodeName) == 0 &&
         strcmp(cleat_get_text(spec, core_v1_PodSpec_schedulerName), plugin->name) == 0 &&
         cleat_get_list(spec, core_v1_PodSpec_schedulingGates).count == 0 &&
         !cleat_has(cleat_meta(pod), meta_v1_ObjectMeta_deletionTimestamp);
}

static void add(struct plugin* plugin, cleat_words pod) {
  char key[CLEAT_KEY];
  if (!waits(plugin, pod)) return;
  cleat_key(pod, key);
  cleat_add_work(&plugin->work, key);
}

static void pod_changed(cleat_informer* informer, const cleat_object* pod, int is_there) {
  if (is_there) add(informer->owner, pod->words);
}

/* A node that comes or changes may be what all that wait have waited for. */
static void node_changed(cleat_informer* informer, const cleat_object* node, int is_there) {
  struct plugin* plugin = informer->owner;
  (void)node;
  for (size_t i = 0; is_there && i < plugin->pods.count; ++i) add(plugin, plugin->pods.each[i].words);
}

static int allows(cleat_words node, cleat_struct spec) {
  const cleat_list wanted = cleat_get_list(spec, core_v1_PodSpec_nodeSelector);
  if (cleat_get_bool(cleat_get_struct(cleat_root(node), core_v1_Node_spec), core_v1_NodeSpec_unschedulable)) return 0;
  for (uint32_t i = 0; i < wanted.count; ++i) {
    const cleat_struct entry = cleat_nth_struct(wanted, i);
    const char* has =
        cleat_get_entry(cleat_meta(node), meta_v1_ObjectMeta_labels, cleat_get_text(entry, meta_v1_TextEntry_key));
    if (!has || strcmp(has, cleat_get_text(entry, meta_v1_TextEntry_value)) != 0) return 0;
  }
  return 1;
}

/* Null: no node is for it now. */
static const cleat_object* highest(const struct plugin* plugin, cleat_struct spec) {
  const cleat_object* best = NULL;
  long best_rank = -1;
  for (size_t i = 0; i < plugin->nodes.count; ++i) {
    const cleat_object* node = &plugin->nodes.each[i];
    const char* label = cleat_get_entry(cleat_meta(node->words), meta_v1_ObjectMeta_labels, "my-plugin/rank");
    const long rank = label ? strtol(label, NULL, 10) : 0;
    if (rank <= best_rank || !allows(node->words, spec)) continue;
    best = node;
    best_rank = rank;
  }
  return best;
}

static void reconcile(cleat_work* work, const char* key) {
  struct plugin* plugin = (struct plugin*)((char*)work - offsetof(struct plugin, work));
  const cleat_object* pod = cleat_known(&plugin->pods, key);
  const cleat_object* node;
  uint64_t room[512];
  cleat_builder message = cleat_into(room, 512);
  cleat_place binding, meta, target;
  if (!pod || !waits(plugin, pod->words) ||
      !(node = highest(plugin, cleat_get_struct(cleat_root(pod->words), core_v1_Pod_spec)))) {
    cleat_done(work, 1);
    return;
  }
  binding = cleat_new_root(&message, core_v1_Binding_shape);
  meta = cleat_new_struct(binding, core_v1_Binding_metadata, meta_v1_ObjectMeta_shape);
  cleat_set_text(meta, meta_v1_ObjectMeta_name, cleat_name(pod->words));
  cleat_set_text(meta, meta_v1_ObjectMeta_namespace, cleat_namespace(pod->words));
  /* This pod, and not one of the same name that came since. */
  cleat_set_text(meta, meta_v1_ObjectMeta_uid, cleat_get_text(cleat_meta(pod->words), meta_v1_ObjectMeta_uid));
  target = cleat_new_struct(binding, core_v1_Binding_target, core_v1_ObjectReference_shape);
  cleat_set_text(target, core_v1_ObjectReference_kind, "Node");
  cleat_set_text(target, core_v1_ObjectReference_name, cleat_name(node->words));
  cleat_create_subresource(plugin->self, &plugin->binding, pods, "binding", cleat_message(&message));
}

/* A pod that has gone needs no node, and of one that has been bound the watch will tell. */
static void bound(cleat_waiter* binding, const cleat_event* event) {
  struct plugin* plugin = (struct plugin*)((char*)binding - offsetof(struct plugin, binding));
  const uint16_t code = event->status == CLEAT_OK ? 0 : cleat_error_code(event);
  const int failed = code != 0 && code != 404 && code != 409;
  if (failed) cleat_log_line(plugin->self, CLEAT_LOG_WARN, cleat_error(event));
  cleat_done(&plugin->work, !failed);
}

static void synced(cleat_informer* informer) {
  struct plugin* plugin = informer->owner;
  if (plugin->pods.is_synced && plugin->nodes.is_synced) cleat_ready(plugin->self);
}

static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (cleat_come(event)) return;
  if (event->type == CLEAT_EVENT_CALL) cleat_no_such_method(plugin->self, event->token);
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->name, sizeof plugin->name, "%s", cleat_setting_text(config, "scheduler_name", "my-plugin"));
  plugin->binding.come = bound;
  cleat_begin_work(&plugin->work, plugin->self, reconcile);
  plugin->pods =
      (cleat_informer){.self = plugin->self, .of = pods, .changed = pod_changed, .synced = synced, .owner = plugin};
  plugin->nodes =
      (cleat_informer){.self = plugin->self, .of = nodes, .changed = node_changed, .synced = synced, .owner = plugin};
  *instance = plugin;
  cleat_watch(&plugin->nodes);
  cleat_watch(&plugin->pods);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_forget(&plugin->pods);
  cleat_forget(&plugin->nodes);
  cleat_end_work(&plugin->work);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
