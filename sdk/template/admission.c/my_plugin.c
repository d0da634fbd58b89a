/* Says where images may come from: a pod whose containers name another registry is refused. In plain C, against the
 * binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/bus.h>
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/kinds/meta_v1.h>
#include <cleat/c/role/admission.h>
#include <cleat/c/role/kinds.h>
#include <cleat_abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the host must know before any of the code runs. */
__attribute__((section(CLEAT_MANIFEST_SECTION), used)) static const cleat_manifest manifest = {
    .magic = {'C', 'L', 'E', 'A', 'T', 'P', 'L', 'G'},
    .struct_size = sizeof(cleat_manifest),
    .abi_major = CLEAT_ABI_MAJOR,
    .abi_minor = CLEAT_ABI_MINOR,
    .name = "my-plugin",
    .version = "0.1.0",
    .maturity = "alpha",
    .roles = "admission",
    .config_schema = "registry string registry.example # where images have to come from\n",
};

struct plugin {
  const cleat_host* host;
  cleat_context* context;
  char registry[256];
};

/* Ends a call. The message lives in `message` until the host has copied it. */
static void reply(struct plugin* self, uint64_t call, cleat_status status, const cleat_builder* message) {
  cleat_payload results = {{0, 0}, 0, 0};
  if (message) results.message = cleat_message(message);
  self->host->reply(self->context, call, status, &results);
}

/* The client gets this status and message. */
static void refuse(struct plugin* self, uint64_t call, cleat_status status, uint16_t code, const char* reason,
                   const char* why) {
  uint64_t room[256];
  cleat_builder message = cleat_into(room, 256);
  cleat_place wrong = cleat_new_root(&message, wire_Status_shape);
  cleat_set_u16(wrong, wire_Status_code, code);
  cleat_set_text(wrong, wire_Status_reason, reason);
  cleat_set_text(wrong, wire_Status_message, why);
  reply(self, call, status, &message);
}

/* Which requests to see; anything else is not slowed down. Updates too: they may change an image. */
static void interests(struct plugin* self, uint64_t call) {
  static const uint16_t operations[] = {role_Operation_create, role_Operation_update};
  uint64_t room[32];
  cleat_builder message = cleat_into(room, 32);
  cleat_place results = cleat_new_root(&message, role_Interests_shape);
  cleat_place rule = cleat_nth_place(cleat_new_structs(results, role_Interests_rules, 1, role_Rule_shape), 0);
  cleat_set_text(rule, role_Rule_resource, "pods");
  cleat_set_u16s(rule, role_Rule_operations, operations, 2);
  cleat_set_bool(rule, role_Rule_validates, 1);
  reply(self, call, CLEAT_OK, &message);
}

/* The first container whose image comes from elsewhere: 1, and its name and image. */
static int find_foreign(const struct plugin* self, cleat_list containers, const char** name, const char** image) {
  const size_t length = strlen(self->registry);
  for (uint32_t i = 0; i < containers.count; ++i) {
    const cleat_struct container = cleat_nth_struct(containers, i);
    *name = cleat_get_text(container, core_v1_Container_name);
    *image = cleat_get_text(container, core_v1_Container_image);
    if (strncmp(*image, self->registry, length) != 0 || (*image)[length] != '/') return 1;
  }
  return 0;
}

static void validate(struct plugin* self, const cleat_event* event) {
  const cleat_struct pod = cleat_root(event->payload.objects[0].words);
  const cleat_struct spec = cleat_get_struct(pod, core_v1_Pod_spec), meta = cleat_get_struct(pod, core_v1_Pod_metadata);
  const char *name, *image, *called = cleat_get_text(meta, meta_v1_ObjectMeta_name);
  char why[1024];
  if (!find_foreign(self, cleat_get_list(spec, core_v1_PodSpec_initContainers), &name, &image) &&
      !find_foreign(self, cleat_get_list(spec, core_v1_PodSpec_containers), &name, &image)) {
    reply(self, event->token, CLEAT_OK, NULL);
    return;
  }
  if (*called == 0) called = cleat_get_text(meta, meta_v1_ObjectMeta_generateName); /* the rest of it is made later */
  snprintf(why, sizeof why, "pods \"%s\" is forbidden: the image \"%s\" of container %s does not come from %s/", called,
           image, name, self->registry);
  refuse(self, event->token, CLEAT_DENIED, 403, "Forbidden", why);
}

/* One thing at a time: there is nothing to lock. */
static void deliver(void* instance, const cleat_event* event) {
  struct plugin* self = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (event->interface_id == role_Admission_id && event->method == role_Admission_interests) {
    interests(self, event->token);
  } else if (event->interface_id == role_Admission_id && event->method == role_Admission_validate &&
             event->payload.object_count > 0) {
    validate(self, event);
  } else {
    refuse(self, event->token, CLEAT_FAILED, 405, "MethodNotAllowed", "this plugin has no such method");
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  const cleat_list settings = cleat_get_list(cleat_root(config), wire_PluginConfig_settings);
  const cleat_bytes nothing = {NULL, 0};
  struct plugin* self = calloc(1, sizeof *self);
  if (!self) return CLEAT_FAILED;
  self->host = host;
  self->context = context;
  /* A setting that the operator leaves out is not among them: its default is the plugin's to know. */
  snprintf(self->registry, sizeof self->registry, "registry.example");
  for (uint32_t i = 0; i < settings.count; ++i) {
    const cleat_struct setting = cleat_nth_struct(settings, i);
    if (strcmp(cleat_get_text(setting, wire_Setting_key), "registry") != 0) continue;
    snprintf(self->registry, sizeof self->registry, "%s", cleat_get_text(setting, wire_Setting_value));
  }
  *instance = self;
  host->ready(context, CLEAT_OK, nothing);
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

static const cleat_plugin plugin = {
    .struct_size = sizeof(cleat_plugin), .manifest = &manifest, .start = start, .deliver = deliver, .stop = stop};

__attribute__((visibility("default"))) const cleat_plugin* cleat_plugin_v1(void) { return &plugin; }
