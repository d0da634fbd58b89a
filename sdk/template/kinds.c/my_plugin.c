/* Brings the kind Ticket (my-plugin.example/v1): its facts, what is filled in, what is wrong, and what kubectl shows.
 * Where its fields are stands in my_plugin.h, which is made of my_plugin.capnp. In plain C, against the binary contract
 * alone
 * (<cleat_abi.h>, which says who calls what, and when). */
#include "my_plugin.h"

#include <cleat/c/edit.h>
#include <cleat/c/kinds.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "kinds");

/* The schema, which cleat_embed_schema puts into the file. */
extern const char cleat_schema_begin[], cleat_schema_end[];

struct plugin {
  cleat_self self;
};

/* ------------------------------------------------------------------------------- its facts -- */

static void column(cleat_places columns, uint32_t at, const char* name, const char* what) {
  const cleat_place place = cleat_nth_place(columns, at);
  cleat_set_text(place, role_Column_name, name);
  cleat_set_text(place, role_Column_type, "string");
  cleat_set_text(place, role_Column_description, what);
  if (at == 0) cleat_set_text(place, role_Column_format, "name");
}

static void describe_kind(cleat_place kind) {
  static const char* const short_names[] = {"tk"};
  static const char* const behaviours[] = {"default", "validate", "rows"};
  static const char* const verbs[] = {"create", "delete", "deletecollection", "get",
                                      "list",   "patch",  "update",           "watch"};
  cleat_places columns;
  cleat_set_text(kind, role_Kind_group, "my-plugin.example");
  cleat_set_text(kind, role_Kind_version, "v1");
  cleat_set_text(kind, role_Kind_kind, "Ticket");
  cleat_set_text(kind, role_Kind_plural, "tickets");
  cleat_set_text(kind, role_Kind_singular, "ticket");
  cleat_set_texts(kind, role_Kind_shortNames, short_names, 1);
  cleat_set_bool(kind, role_Kind_namespaced, 1);
  cleat_set_text(kind, role_Kind_structName, "Ticket");
  cleat_set_text(kind, role_Kind_structFile, "my_plugin.capnp");
  cleat_set_texts(kind, role_Kind_verbs, verbs, sizeof verbs / sizeof *verbs);
  cleat_set_texts(kind, role_Kind_behaviours, behaviours, sizeof behaviours / sizeof *behaviours);
  cleat_set_bool(kind, role_Kind_hasStatus, 1);
  columns = cleat_new_structs(kind, role_Kind_columns, 4, role_Column_shape);
  column(columns, 0, "Name", "The object's name, unique in its namespace.");
  column(columns, 1, "Seat", "Which seat was asked for.");
  column(columns, 2, "Phase", "What has become of it.");
  column(columns, 3, "Age", "The time since the object was created.");
}

static void describe_status(cleat_place status) {
  static const char* const verbs[] = {"get", "patch", "update"};
  cleat_set_text(status, role_Subresource_group, "my-plugin.example");
  cleat_set_text(status, role_Subresource_version, "v1");
  cleat_set_text(status, role_Subresource_resource, "tickets");
  cleat_set_text(status, role_Subresource_name, "status");
  cleat_set_text(status, role_Subresource_style, "status");
  cleat_set_text(status, role_Subresource_bodyGroup, "my-plugin.example");
  cleat_set_text(status, role_Subresource_bodyVersion, "v1");
  cleat_set_text(status, role_Subresource_bodyKind, "Ticket");
  cleat_set_texts(status, role_Subresource_verbs, verbs, sizeof verbs / sizeof *verbs);
}

static void describe(const struct plugin* plugin, uint64_t call) {
  const uint64_t size = (uint64_t)(cleat_schema_end - cleat_schema_begin);
  cleat_builder message = cleat_allocate(size / 8 + 1024);
  const cleat_place results = cleat_new_root(&message, role_KindsDescription_shape);
  cleat_set_data(results, role_KindsDescription_schema, cleat_schema_begin, size);
  describe_kind(cleat_nth_place(cleat_new_structs(results, role_KindsDescription_kinds, 1, role_Kind_shape), 0));
  describe_status(
      cleat_nth_place(cleat_new_structs(results, role_KindsDescription_subresources, 1, role_Subresource_shape), 0));
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
  free(message.words);
}

/* ---------------------------------------------------------------------------- what it does -- */

/* Fills in what the client has left out. */
static void set_defaults(const struct plugin* plugin, const cleat_event* event) {
  const cleat_words ticket = event->payload.objects[0].words;
  const cleat_struct spec = cleat_get_struct(cleat_root(ticket), my_plugin_Ticket_spec);
  uint64_t room[8];
  cleat_builder results = cleat_into(room, 8), copy;
  cleat_place place;
  cleat_new_root(&results, role_DefaultResults_shape);
  if (cleat_has(spec, my_plugin_TicketSpec_guests)) {
    cleat_reply(plugin->self, event->token, CLEAT_OK, &results); /* nothing changes */
    return;
  }
  copy = cleat_allocate(ticket.count + 64);
  place = cleat_edit_struct(cleat_copy_root(&copy, ticket, my_plugin_Ticket_shape), my_plugin_Ticket_spec,
                            my_plugin_TicketSpec_shape);
  cleat_new_struct(place, my_plugin_TicketSpec_guests, meta_v1_Int32Value_shape); /* 0 */
  if (copy.failed) results.failed = 1;
  cleat_reply_object(plugin->self, event->token, &results, cleat_message(&copy));
  free(copy.words);
}

/* Every wrong field is named, not only the first. */
static void validate(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct spec = cleat_get_struct(cleat_root(event->payload.objects[0].words), my_plugin_Ticket_spec);
  const char* seat = cleat_get_text(spec, my_plugin_TicketSpec_seat);
  const int32_t guests = cleat_get_i32(cleat_get_struct(spec, my_plugin_TicketSpec_guests), meta_v1_Int32Value_value);
  cleat_findings* found = calloc(1, sizeof *found);
  char shown[300];
  if (!found) {
    cleat_reply(plugin->self, event->token, CLEAT_FAILED, NULL);
    return;
  }
  if (*seat == 0) {
    cleat_required(found, "spec.seat");
  } else if (!isupper((unsigned char)seat[0]) || seat[1] == 0 || seat[1 + strspn(seat + 1, "0123456789")] != 0) {
    snprintf(shown, sizeof shown, "\"%s\"", seat);
    cleat_invalid(found, "spec.seat", shown, "must be a capital letter and a number");
  }
  if (guests < 0) {
    snprintf(shown, sizeof shown, "%d", (int)guests);
    cleat_invalid(found, "spec.guests", shown, "must not be negative");
  }
  cleat_reply_findings(plugin->self, event->token, found);
  free(found);
}

static void print_rows(const struct plugin* plugin, const cleat_event* event) {
  const uint32_t count = (uint32_t)event->payload.object_count;
  uint64_t words = 64;
  cleat_builder message;
  cleat_places rows;
  for (uint32_t i = 0; i < count; ++i) words += 64 + event->payload.objects[i].words.count;
  message = cleat_allocate(words);
  rows =
      cleat_new_structs(cleat_new_root(&message, role_RowsResults_shape), role_RowsResults_rows, count, role_Row_shape);
  for (uint32_t i = 0; i < count; ++i) {
    const cleat_struct ticket = cleat_root(event->payload.objects[i].words);
    const cleat_struct meta = cleat_get_struct(ticket, my_plugin_Ticket_metadata);
    const cleat_places cells = cleat_new_structs(cleat_nth_place(rows, i), role_Row_cells, 4, role_Cell_shape);
    cleat_cell_text(cells, 0, cleat_get_text(meta, meta_v1_ObjectMeta_name));
    cleat_cell_text(cells, 1,
                    cleat_get_text(cleat_get_struct(ticket, my_plugin_Ticket_spec), my_plugin_TicketSpec_seat));
    cleat_cell_text(cells, 2,
                    cleat_get_text(cleat_get_struct(ticket, my_plugin_Ticket_status), my_plugin_TicketStatus_phase));
    cleat_cell_age(cells, 3, cleat_get_text(meta, meta_v1_ObjectMeta_creationTimestamp),
                   plugin->self.host->wall_now(plugin->self.context));
  }
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  free(message.words);
}

static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Kinds_id, role_Kinds_describe)) {
    describe(plugin, event->token);
  } else if (cleat_calls(event, role_Kinds_id, role_Kinds_default) && event->payload.object_count > 0) {
    set_defaults(plugin, event);
  } else if (cleat_calls(event, role_Kinds_id, role_Kinds_validate) && event->payload.object_count > 0) {
    validate(plugin, event);
  } else if (cleat_calls(event, role_Kinds_id, role_Kinds_rows)) {
    print_rows(plugin, event);
  } else {
    cleat_no_such_method(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  (void)config;
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

CLEAT_C_PLUGIN(start, deliver, stop)
