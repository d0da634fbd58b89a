/* Closes namespaces: nobody writes to those in its list but the users who are let through. It denies, and leaves all
 * else to the authorizers after it. In plain C, against the binary contract alone (<cleat_abi.h>, which says who calls
 * what, and when). */
#include <cleat/c/plugin.h>
#include <cleat/c/role/authn.h>
#include <cleat/c/role/authz.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "authorizer",
                 .config_schema =
                     "closed list # namespaces that nobody writes to\n"
                     "let_through list # users who do all the same\n");

struct plugin {
  cleat_self self;
  cleat_names closed, let;
};

/* Asked of every request, so it must be quick: no I/O here. Without an opinion the next authorizer decides; a denial
 * ends it. */
static void authorize(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct asked = cleat_root(event->payload.message);
  const char* verb = cleat_get_text(asked, role_Attributes_verb);
  const char* namespace = cleat_get_text(asked, role_Attributes_namespace);
  const char* user = cleat_get_text(cleat_get_struct(asked, role_Attributes_user), role_User_name);
  const int writes = strcmp(verb, "get") != 0 && strcmp(verb, "list") != 0 && strcmp(verb, "watch") != 0;
  uint64_t room[64];
  char reason[128];
  cleat_builder message = cleat_into(room, 64);
  const cleat_place results = cleat_new_root(&message, role_AuthorizeResults_shape);
  if (writes && cleat_has_name(&plugin->closed, namespace) && !cleat_has_name(&plugin->let, user)) {
    snprintf(reason, sizeof reason, "the namespace %s is closed", namespace);
    cleat_set_u16(results, role_AuthorizeResults_decision, role_Decision_deny);
    cleat_set_text(results, role_AuthorizeResults_reason, reason);
  }
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
}

/* One thing at a time: there is nothing to lock. */
static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Authorizer_id, role_Authorizer_authorize)) {
    authorize(plugin, event);
  } else {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 405, "MethodNotAllowed", "this plugin has no such method");
  }
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_free_names(&plugin->closed);
  cleat_free_names(&plugin->let);
  free(plugin);
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  if (!cleat_setting_names(config, "closed", &plugin->closed) ||
      !cleat_setting_names(config, "let_through", &plugin->let)) {
    stop(plugin);
    return CLEAT_FAILED;
  }
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

CLEAT_C_PLUGIN(start, deliver, stop)
