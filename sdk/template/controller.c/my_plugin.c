/* Greets: every ConfigMap with the label `my-plugin/greet` gets the annotation `my-plugin/greeting`. In plain C,
 * against the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/edit.h>
#include <cleat/c/informer.h>
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/work.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "controller",
                 .grants = "- configmaps get,list,watch,update\n",
                 .config_schema = "greeting string hello # what config maps are told\n");

static const cleat_resource config_maps = {"", "v1", "configmaps"};
static const char* const greeting = "my-plugin/greeting";

struct plugin {
  cleat_self self;
  cleat_informer maps;
  cleat_work work;
  cleat_waiter writing;
  char greeting[256];
};

static void changed(cleat_informer* maps, const cleat_object* map, int is_there) {
  struct plugin* plugin = maps->owner;
  char key[CLEAT_KEY];
  cleat_key(map->words, key);
  if (is_there) cleat_add_work(&plugin->work, key);
}

/* Called for every key that changed, and again with growing delays when it fails. It looks at what is, not at what
 * changed, and so may be called at any time. */
static void reconcile(cleat_work* work, const char* key) {
  struct plugin* plugin = (struct plugin*)((char*)work - offsetof(struct plugin, work));
  const cleat_object* map = cleat_known(&plugin->maps, key);
  const cleat_struct meta = map ? cleat_meta(map->words) : (cleat_struct){0};
  const char* said = cleat_get_entry(meta, meta_v1_ObjectMeta_annotations, greeting);
  cleat_builder copy;
  cleat_place place;
  if (!map || cleat_has(meta, meta_v1_ObjectMeta_deletionTimestamp) || (said && strcmp(said, plugin->greeting) == 0)) {
    cleat_done(work, 1);
    return;
  }
  copy = cleat_allocate(map->words.count + 512);
  place = cleat_edit_struct(cleat_copy_root(&copy, map->words, core_v1_ConfigMap_shape), core_v1_ConfigMap_metadata,
                            meta_v1_ObjectMeta_shape);
  cleat_set_entry(place, meta_v1_ObjectMeta_annotations, greeting, plugin->greeting);
  if (copy.failed) {
    cleat_done(work, 0);
  } else {
    cleat_update(plugin->self, &plugin->writing, config_maps, cleat_message(&copy));
  }
  free(copy.words);
}

static void written(cleat_waiter* writing, const cleat_event* event) {
  struct plugin* plugin = (struct plugin*)((char*)writing - offsetof(struct plugin, writing));
  const int failed = event->status != CLEAT_OK && cleat_error_code(event) != 404;
  if (failed) cleat_log_line(plugin->self, CLEAT_LOG_WARN, cleat_error(event));
  cleat_done(&plugin->work, !failed);
}

/* The plugin is ready when all that it watches is known. */
static void synced(cleat_informer* maps) { cleat_ready(maps->self); }

static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (cleat_come(event)) return;
  if (event->type == CLEAT_EVENT_CALL) cleat_no_such_method(plugin->self, event->token);
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->greeting, sizeof plugin->greeting, "%s", cleat_setting_text(config, "greeting", "hello"));
  plugin->writing.come = written;
  cleat_begin_work(&plugin->work, plugin->self, reconcile);
  plugin->maps = (cleat_informer){.self = plugin->self,
                                  .of = config_maps,
                                  .label_selector = "my-plugin/greet",
                                  .changed = changed,
                                  .synced = synced,
                                  .owner = plugin};
  *instance = plugin;
  cleat_watch(&plugin->maps);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_forget(&plugin->maps);
  cleat_end_work(&plugin->work);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
