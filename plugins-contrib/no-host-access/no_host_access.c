/* Keeps pods away from the machine: those that share its network, processes or IPC, mount its folders, or run
 * privileged are refused but in the namespaces that the operator lets. In plain C, against the binary contract alone.
 */
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/kinds/meta_v1.h>
#include <cleat/c/plugin.h>
#include <cleat/c/role/admission.h>
#include <cleat/c/role/kinds.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "admission-no-host-access", .version = "1.0.0", .maturity = "beta", .roles = "admission",
                 .config_schema = "let_namespaces list # where pods may use the machine all the same\n");

struct plugin {
  cleat_self self;
  cleat_names let; /* namespaces */
};

/* Pods when they come; what they use of the machine cannot be changed afterwards, but by an ephemeral container. */
static void interests(const struct plugin* plugin, uint64_t call) {
  static const char* const resources[] = {"pods", "pods/ephemeralcontainers"};
  static const uint16_t operations[] = {role_Operation_create, role_Operation_update};
  uint64_t room[64];
  cleat_builder message = cleat_into(room, 64);
  cleat_places rules =
      cleat_new_structs(cleat_new_root(&message, role_Interests_shape), role_Interests_rules, 2, role_Rule_shape);
  for (uint32_t i = 0; i < 2; ++i) {
    const cleat_place rule = cleat_nth_place(rules, i);
    cleat_set_text(rule, role_Rule_resource, resources[i]);
    cleat_set_u16s(rule, role_Rule_operations, operations + i, 1);
    cleat_set_bool(rule, role_Rule_validates, 1);
  }
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
}

/* A text that says what is wrong, for one at a time. */
static char said[512];

static const char* privileged(cleat_list containers, uint32_t name, uint32_t security) {
  for (uint32_t i = 0; i < containers.count; ++i) {
    const cleat_struct container = cleat_nth_struct(containers, i);
    const cleat_struct context = cleat_get_struct(container, security);
    const cleat_struct wanted = cleat_get_struct(context, core_v1_SecurityContext_privileged);
    if (!cleat_get_bool(wanted, meta_v1_BoolValue_value)) continue;
    snprintf(said, sizeof said, "container %s is privileged", cleat_get_text(container, name));
    return said;
  }
  return NULL;
}

/* What the pod uses of the machine; null: nothing. */
static const char* use_of_machine(cleat_struct spec) {
  const cleat_list volumes = cleat_get_list(spec, core_v1_PodSpec_volumes);
  const char* why;
  if (cleat_get_bool(spec, core_v1_PodSpec_hostNetwork)) return "it shares the machine's network (hostNetwork)";
  if (cleat_get_bool(spec, core_v1_PodSpec_hostPID)) return "it shares the machine's processes (hostPID)";
  if (cleat_get_bool(spec, core_v1_PodSpec_hostIPC)) return "it shares the machine's IPC (hostIPC)";
  for (uint32_t i = 0; i < volumes.count; ++i) {
    const cleat_struct volume = cleat_nth_struct(volumes, i);
    const cleat_struct host_path = cleat_get_struct(volume, core_v1_Volume_hostPath);
    if (!cleat_has(volume, core_v1_Volume_hostPath)) continue;
    snprintf(said, sizeof said, "volume %s is the machine's folder %s", cleat_get_text(volume, core_v1_Volume_name),
             cleat_get_text(host_path, core_v1_HostPathVolumeSource_path));
    return said;
  }
  why = privileged(cleat_get_list(spec, core_v1_PodSpec_initContainers), core_v1_Container_name,
                   core_v1_Container_securityContext);
  if (!why) {
    why = privileged(cleat_get_list(spec, core_v1_PodSpec_containers), core_v1_Container_name,
                     core_v1_Container_securityContext);
  }
  if (!why) {
    why = privileged(cleat_get_list(spec, core_v1_PodSpec_ephemeralContainers), core_v1_EphemeralContainer_name,
                     core_v1_EphemeralContainer_securityContext);
  }
  return why;
}

static void validate(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct ref = cleat_get_struct(cleat_root(event->payload.message), role_AdmissionParams_ref);
  const cleat_struct pod = cleat_root(event->payload.objects[0].words);
  const cleat_struct meta = cleat_get_struct(pod, core_v1_Pod_metadata);
  const char* why = NULL;
  const char* name = cleat_get_text(meta, meta_v1_ObjectMeta_name);
  char text[1024];
  if (!cleat_has_name(&plugin->let, cleat_get_text(ref, wire_ResourceRef_namespace))) {
    why = use_of_machine(cleat_get_struct(pod, core_v1_Pod_spec));
  }
  if (!why) {
    cleat_reply(plugin->self, event->token, CLEAT_OK, NULL);
    return;
  }
  if (*name == 0) name = cleat_get_text(meta, meta_v1_ObjectMeta_generateName);
  snprintf(text, sizeof text, "pods \"%s\" is forbidden: %s", name, why);
  cleat_refuse(plugin->self, event->token, CLEAT_DENIED, 403, "Forbidden", text);
}

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

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_free_names(&plugin->let);
  free(plugin);
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  if (!cleat_setting_names(config, "let_namespaces", &plugin->let)) {
    free(plugin);
    return CLEAT_FAILED;
  }
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

CLEAT_C_PLUGIN(start, deliver, stop)
