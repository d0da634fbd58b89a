/* Knows callers by one shared word: the bearer token "WORD.NAME" is the user NAME. In plain C, against the binary
 * contract alone
 * (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/plugin.h>
#include <cleat/c/role/authn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "authenticator",
                 .config_schema = "word string # what a token begins with, up to a dot; then comes the user's name\n");

struct plugin {
  cleat_self self;
  char word[256];
};

/* Asked of every request that nobody before it in the chain has known. CLEAT_NOT_MINE lets the next one try;
 * CLEAT_DENIED says that the credentials were meant for this plugin and are wrong. */
static void authenticate(const struct plugin* plugin, const cleat_event* event) {
  static const char* const groups[] = {"my-plugin"};
  const char* token = cleat_get_text(cleat_root(event->payload.message), role_Credentials_bearerToken);
  const size_t length = strlen(plugin->word);
  uint64_t room[1024];
  cleat_builder message = cleat_into(room, 1024);
  unsigned char different = 0;
  cleat_place user;
  size_t i;
  if (strlen(token) <= length || token[length] != '.') {
    cleat_not_mine(plugin->self, event->token);
    return;
  }
  /* In constant time: how long the answer takes must not tell how much of the word was right. */
  for (i = 0; i < length; ++i) different |= (unsigned char)(token[i] ^ plugin->word[i]);
  if (different) {
    cleat_not_mine(plugin->self, event->token);
    return;
  }
  user = cleat_new_struct(cleat_new_root(&message, role_AuthenticateResults_shape), role_AuthenticateResults_user,
                          role_User_shape);
  cleat_set_text(user, role_User_name, token + length + 1);
  cleat_set_texts(user, role_User_groups, groups, 1);
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
}

/* One thing at a time: there is nothing to lock. */
static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Authenticator_id, role_Authenticator_authenticate)) {
    authenticate(plugin, event);
  } else {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 405, "MethodNotAllowed", "this plugin has no such method");
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  const char* word = cleat_setting_text(config, "word", "");
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  *instance = plugin;
  if (strlen(word) < 16 || strlen(word) >= sizeof plugin->word) {
    cleat_not_ready(plugin->self, "word: at least 16 characters are needed");
    return CLEAT_OK;
  }
  snprintf(plugin->word, sizeof plugin->word, "%s", word);
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

CLEAT_C_PLUGIN(start, deliver, stop)
