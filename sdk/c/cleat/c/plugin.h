/* What every plugin in plain C needs, in the same words each time: its manifest, answers to calls, its settings, and
 * the function that it exports. Upon <cleat_abi.h>, which says who calls what and when, and <cleat/c/wire.h>, which
 * reads and writes messages.
 *
 *   CLEAT_C_MANIFEST(.name = "authz-night", .version = "1.0.0", .maturity = "alpha", .roles = "authorizer");
 *
 *   struct plugin { cleat_self self; … };
 *   static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) { … }
 *   static void deliver(void* instance, const cleat_event* event) { … }
 *   static void stop(void* instance) { free(instance); }
 *
 *   CLEAT_C_PLUGIN(start, deliver, stop)
 *
 * Every call is answered, once. */
#ifndef CLEAT_C_PLUGIN_H
#define CLEAT_C_PLUGIN_H

#include <cleat/c/bus.h>
#include <cleat/c/wire.h>
#include <cleat_abi.h>

#include <stdlib.h>
#include <string.h>

/* What the host must know before any of the code runs: fields of a cleat_manifest. */
#define CLEAT_C_MANIFEST(...)                                                                     \
  __attribute__((section(CLEAT_MANIFEST_SECTION), used)) static const cleat_manifest manifest = { \
      .magic = {'C', 'L', 'E', 'A', 'T', 'P', 'L', 'G'},                                          \
      .struct_size = sizeof(cleat_manifest),                                                      \
      .abi_major = CLEAT_ABI_MAJOR,                                                               \
      .abi_minor = CLEAT_ABI_MINOR,                                                               \
      __VA_ARGS__}

/* More grants than the manifest has room for (cleat/sdk/more_grants.h): a text, once a file. */
#define CLEAT_C_GRANTS(text) \
  __attribute__((section(".cleat.grants"), used, retain)) static const char cleat_grants_[] = text

/* The table of the plugin's functions and the function that gives it: the file's only export. */
#define CLEAT_C_PLUGIN(start_function, deliver_function, stop_function)                 \
  static const cleat_plugin cleat_plugin_table_ = {.struct_size = sizeof(cleat_plugin), \
                                                   .manifest = &manifest,               \
                                                   .start = start_function,             \
                                                   .deliver = deliver_function,         \
                                                   .stop = stop_function};              \
  __attribute__((visibility("default"))) const cleat_plugin* cleat_plugin_v1(void);     \
  __attribute__((visibility("default"))) const cleat_plugin* cleat_plugin_v1(void) { return &cleat_plugin_table_; }

/* Puts the schema of a role's interface into the plugin's file, so that the host knows the role (cleat/sdk/interface.h
 * says which roles need it): CLEAT_C_BRINGS(role_Network) */
#define CLEAT_C_BRINGS(interface)                                                          \
  __attribute__((section(".cleat.roles"), used, retain, aligned(8))) static const struct { \
    uint64_t magic, words, schema[interface##_schema_words];                               \
  } cleat_brought_##interface = {UINT64_C(0x31454c4f52544c43), interface##_schema_words, {interface##_schema}}

/* The plugin as its host knows it. */
typedef struct cleat_self {
  const cleat_host* host;
  cleat_context* context;
} cleat_self;

/* The plugin is at work: calls may come. */
static inline void cleat_ready(cleat_self self) {
  const cleat_bytes nothing = {NULL, 0};
  self.host->ready(self.context, CLEAT_OK, nothing);
}

/* It cannot start, and why; `start` returns CLEAT_OK all the same, with its instance, which is stopped then. */
static inline void cleat_not_ready(cleat_self self, const char* why) {
  const cleat_bytes text = {why, strlen(why)};
  self.host->ready(self.context, CLEAT_FAILED, text);
}

static inline void cleat_log_line(cleat_self self, int32_t level, const char* line) {
  const cleat_bytes text = {line, strlen(line)};
  self.host->log(self.context, level, text);
}

/* Ends a call (event->token) with the results in `message`, or without any. The host copies them at once. */
static inline void cleat_reply(cleat_self self, uint64_t call, cleat_status status, const cleat_builder* message) {
  cleat_payload results = {{NULL, 0}, NULL, 0};
  if (message && !message->failed) results.message = cleat_message(message);
  if (message && message->failed) status = CLEAT_FAILED; /* there was no room for them */
  self.host->reply(self.context, call, status, &results);
}

/* The same with an object: a message of its kind. */
static inline void cleat_reply_object(cleat_self self, uint64_t call, const cleat_builder* message,
                                      cleat_words object) {
  const cleat_object only = {object, 0, NULL};
  const cleat_payload results = {cleat_message(message), &only, 1};
  self.host->reply(self.context, call, message->failed ? CLEAT_FAILED : CLEAT_OK, &results);
}

/* Ends a call with an error: CLEAT_DENIED, CLEAT_FAILED or CLEAT_RETRY, and what the client gets (403, "Forbidden", …).
 * A text of more than 3 KB is cut. */
static inline void cleat_refuse(cleat_self self, uint64_t call, cleat_status status, uint16_t code, const char* reason,
                                const char* why) {
  uint64_t room[512];
  char text[3072];
  cleat_builder message = cleat_into(room, 512);
  const cleat_place wrong = cleat_new_root(&message, wire_Status_shape);
  size_t length = strlen(why);
  if (length >= sizeof text) length = sizeof text - 1;
  memcpy(text, why, length);
  text[length] = 0;
  cleat_set_u16(wrong, wire_Status_code, code);
  cleat_set_text(wrong, wire_Status_reason, reason);
  cleat_set_text(wrong, wire_Status_message, text);
  cleat_reply(self, call, status, &message);
}

/* Ends a call of a method that the plugin does not know: later versions of a role may have more. */
static inline void cleat_not_mine(cleat_self self, uint64_t call) { cleat_reply(self, call, CLEAT_NOT_MINE, NULL); }

static inline void cleat_no_such_method(cleat_self self, uint64_t call) {
  cleat_refuse(self, call, CLEAT_FAILED, 405, "MethodNotAllowed", "this plugin has no such method");
}

/* Whether the event is a call of this method: cleat_calls(event, role_Authorizer_id, role_Authorizer_authorize). */
static inline int cleat_calls(const cleat_event* event, uint64_t interface_id, uint32_t method) {
  return event->type == CLEAT_EVENT_CALL && event->interface_id == interface_id && event->method == method;
}

/* A setting that the operator has written, or one with nothing in it: its default is the plugin's to know. */
static inline cleat_struct cleat_setting(cleat_words config, const char* key) {
  const cleat_list settings = cleat_get_list(cleat_root(config), wire_PluginConfig_settings);
  const cleat_struct none = {NULL, 0, 0};
  uint32_t i;
  for (i = 0; i < settings.count; ++i) {
    const cleat_struct setting = cleat_nth_struct(settings, i);
    if (strcmp(cleat_get_text(setting, wire_Setting_key), key) == 0) return setting;
  }
  return none;
}

static inline const char* cleat_setting_text(cleat_words config, const char* key, const char* otherwise) {
  const cleat_struct setting = cleat_setting(config, key);
  return setting.pointers ? cleat_get_text(setting, wire_Setting_value) : otherwise;
}

static inline int64_t cleat_setting_integer(cleat_words config, const char* key, int64_t otherwise) {
  const cleat_struct setting = cleat_setting(config, key);
  return setting.pointers ? strtoll(cleat_get_text(setting, wire_Setting_value), NULL, 10) : otherwise;
}

/* The plugin's own folder, which is kept. */
static inline const char* cleat_data_dir(cleat_words config) {
  return cleat_get_text(cleat_root(config), wire_PluginConfig_dataDir);
}

/* Texts of a list that outlive the message that they stood in. */
typedef struct cleat_names {
  char** each;
  uint32_t count;
} cleat_names;

static inline void cleat_free_names(cleat_names* names) {
  uint32_t i;
  for (i = 0; i < names->count; ++i) free(names->each[i]);
  free(names->each);
  names->each = NULL;
  names->count = 0;
}

/* A list that the operator has written; 0 when there is no memory for it. */
static inline int cleat_setting_names(cleat_words config, const char* key, cleat_names* into) {
  const cleat_list values = cleat_get_list(cleat_setting(config, key), wire_Setting_values);
  into->count = 0;
  into->each = (char**)calloc(values.count ? values.count : 1, sizeof *into->each);
  while (into->each && into->count < values.count) {
    const char* text = cleat_nth_text(values, into->count);
    char* copy = (char*)malloc(strlen(text) + 1);
    if (!copy) break;
    strcpy(copy, text);
    into->each[into->count++] = copy;
  }
  if (into->each && into->count == values.count) return 1;
  cleat_free_names(into);
  return 0;
}

static inline int cleat_has_name(const cleat_names* names, const char* name) {
  uint32_t i;
  for (i = 0; i < names->count; ++i) {
    if (strcmp(names->each[i], name) == 0) return 1;
  }
  return 0;
}

#endif
