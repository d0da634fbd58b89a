/* Says where images may come from: a pod whose containers name another registry is refused. In plain C, against the
 * binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/kinds/meta_v1.h>
#include <cleat/c/plugin.h>
#include <cleat/c/role/admission.h>
#include <cleat/c/role/kinds.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "admission",
                 .config_schema = "registry string registry.example # where images have to come from\n");

struct plugin {
  cleat_self self;
  char registry[256];
};

/* Which requests to see; anything else is not slowed down. Updates too: they may change an image. */
static void interests(const struct plugin* plugin, uint64_t call) {
  static const uint16_t operations[] = {role_Operation_create, role_Operation_update};
  uint64_t room[32];
  cleat_builder message = cleat_into(room, 32);
  cleat_place results = cleat_new_root(&message, role_Interests_shape);
  cleat_place rule = cleat_nth_place(cleat_new_structs(results, role_Interests_rules, 1, role_Rule_shape), 0);
  cleat_set_text(rule, role_Rule_resource, "pods");
  cleat_set_u16s(rule, role_Rule_operations, operations, 2);
  cleat_set_bool(rule, role_Rule_validates, 1);
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
}

/* The first container whose image comes from elsewhere: 1, and its name and image. */
static int find_foreign(const struct plugin* plugin, cleat_list containers, const char** name, const char** image) {
  const size_t length = strlen(plugin->registry);
  for (uint32_t i = 0; i < containers.count; ++i) {
    const cleat_struct container = cleat_nth_struct(containers, i);
    *name = cleat_get_text(container, core_v1_Container_name);
    *image = cleat_get_text(container, core_v1_Container_image);
    if (strncmp(*image, plugin->registry, length) != 0 || (*image)[length] != '/') return 1;
  }
  return 0;
}

static void validate(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct pod = cleat_root(event->payload.objects[0].words);
  const cleat_struct spec = cleat_get_struct(pod, core_v1_Pod_spec), meta = cleat_get_struct(pod, core_v1_Pod_metadata);
  const char *name, *image, *called = cleat_get_text(meta, meta_v1_ObjectMeta_name);
  char why[1024];
  if (!find_foreign(plugin, cleat_get_list(spec, core_v1_PodSpec_initContainers), &name, &image) &&
      !find_foreign(plugin, cleat_get_list(spec, core_v1_PodSpec_containers), &name, &image)) {
    cleat_reply(plugin->self, event->token, CLEAT_OK, NULL);
    return;
  }
  if (*called == 0) called = cleat_get_text(meta, meta_v1_ObjectMeta_generateName); /* the rest of it is made later */
  snprintf(why, sizeof why, "pods \"%s\" is forbidden: the image \"%s\" of container %s does not come from %s/", called,
           image, name, plugin->registry);
  cleat_refuse(plugin->self, event->token, CLEAT_DENIED, 403, "Forbidden", why);
}

/* One thing at a time: there is nothing to lock. */
static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Admission_id, role_Admission_interests)) {
    interests(plugin, event->token);
  } else if (cleat_calls(event, role_Admission_id, role_Admission_validate) && event->payload.object_count > 0) {
    validate(plugin, event);
  } else {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 405, "MethodNotAllowed", "this plugin has no such method");
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->registry, sizeof plugin->registry, "%s", cleat_setting_text(config, "registry", "registry.example"));
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

CLEAT_C_PLUGIN(start, deliver, stop)
