/* A path of the API server: GET /my-plugin says how many pods there are in each namespace, in JSON. In plain C, against
 * the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/http.h>
#include <cleat/c/informer.h>
#include <cleat/c/kinds/core_v1.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "http-handler",
                 .grants = "- pods get,list,watch\n", .config_schema = "at string /my-plugin # the path\n");

struct plugin {
  cleat_self self;
  cleat_informer pods;
  cleat_routes routes;
  char at[256];
};

/* Pods stand in the order of their namespaces. */
static void print_numbers(FILE* out, const cleat_informer* pods) {
  size_t i, first = 0;
  fputc('{', out);
  for (i = 1; i <= pods->count; ++i) {
    const char* namespace = cleat_namespace(pods->each[first].words);
    if (i < pods->count && strcmp(cleat_namespace(pods->each[i].words), namespace) == 0) continue;
    fprintf(out, "%s\"%s\":%zu", first ? "," : "", namespace, i - first);
    first = i;
  }
  fputs("}\n", out);
}

/* Who asks is known by now (role_HandleParams_user), and may: RBAC has decided about the path. */
static void handle(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct request = cleat_root(event->payload.message);
  char* text = NULL;
  size_t size = 0;
  FILE* out;
  if (strcmp(cleat_get_text(request, role_HandleParams_path), plugin->at) != 0) {
    cleat_not_mine(plugin->self, event->token);
    return;
  }
  if (strcmp(cleat_get_text(request, role_HandleParams_method), "GET") != 0) {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 405, "MethodNotAllowed",
                 "the numbers of pods can only be read");
    return;
  }
  out = open_memstream(&text, &size);
  if (out) print_numbers(out, &plugin->pods);
  if (out && fclose(out) == 0) {
    cleat_answer_http(plugin->self, event->token, 200, "application/json", text, size);
  } else {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 500, "InternalError", "there is no memory for an answer");
  }
  free(text);
}

static void synced(cleat_informer* pods) { cleat_ready(pods->self); }

static void deliver(void* instance, const cleat_event* event) {
  struct plugin* plugin = instance;
  if (cleat_come(event) || event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_HttpHandler_id, role_HttpHandler_routes)) {
    cleat_tell_routes(&plugin->routes, event);
  } else if (cleat_calls(event, role_HttpHandler_id, role_HttpHandler_handle)) {
    handle(plugin, event);
  } else {
    cleat_no_such_method(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->at, sizeof plugin->at, "%s", cleat_setting_text(config, "at", "/my-plugin"));
  cleat_begin_routes(&plugin->routes, plugin->self, plugin->at);
  plugin->pods = (cleat_informer){.self = plugin->self, .of = {"", "v1", "pods"}, .synced = synced, .owner = plugin};
  *instance = plugin;
  cleat_watch(&plugin->pods);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_end_routes(&plugin->routes);
  cleat_forget(&plugin->pods);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
