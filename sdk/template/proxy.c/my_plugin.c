/* Keeps a file true to the cluster's services: a line "ADDRESS:PORT/PROTOCOL ENDPOINT ENDPOINT …" for each port of each
 * service that has a virtual address. Whatever forwards connections on this node can read it. In plain C, against the
 * binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/edit.h>
#include <cleat/c/file.h>
#include <cleat/c/informer.h>
#include <cleat/c/kinds/core_v1.h>
#include <cleat/c/kinds/discovery_v1.h>
#include <cleat/c/work.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "proxy",
                 .grants = "- services get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n");

struct plugin {
  cleat_self self;
  cleat_informer services, slices;
  cleat_work work;
  char file[1024];
};

/* Whatever changes, the whole file is written anew: one key for all, so that many changes are one writing. */
static void changed(cleat_informer* informer, const cleat_object* object, int is_there) {
  struct plugin* plugin = informer->owner;
  (void)object;
  (void)is_there;
  cleat_add_work(&plugin->work, "services");
}

/* An IPv6 address stands in brackets before a port. */
static void print_address(FILE* out, const char* address, int32_t port) {
  fprintf(out, strchr(address, ':') ? "[%s]:%d" : "%s:%d", address, (int)port);
}

static void print_endpoints(FILE* out, cleat_struct slice, int32_t port) {
  const cleat_list endpoints = cleat_get_list(slice, discovery_v1_EndpointSlice_endpoints);
  for (uint32_t i = 0; i < endpoints.count; ++i) {
    const cleat_struct endpoint = cleat_nth_struct(endpoints, i);
    const cleat_struct conditions = cleat_get_struct(endpoint, discovery_v1_Endpoint_conditions);
    const cleat_list addresses = cleat_get_list(endpoint, discovery_v1_Endpoint_addresses);
    const int says = cleat_has(conditions, discovery_v1_EndpointConditions_ready);
    const cleat_struct ready = cleat_get_struct(conditions, discovery_v1_EndpointConditions_ready);
    if ((says && !cleat_get_bool(ready, meta_v1_BoolValue_value)) || addresses.count == 0) continue;
    fputc(' ', out);
    print_address(out, cleat_nth_text(addresses, 0), port);
  }
}

/* The service's endpoints for the port of that name. */
static void print_slices(const struct plugin* plugin, FILE* out, cleat_words service, const char* port_name) {
  for (size_t i = 0; i < plugin->slices.count; ++i) {
    const cleat_words words = plugin->slices.each[i].words;
    const cleat_list ports = cleat_get_list(cleat_root(words), discovery_v1_EndpointSlice_ports);
    const char* of = cleat_get_entry(cleat_meta(words), meta_v1_ObjectMeta_labels, "kubernetes.io/service-name");
    if (!of || strcmp(of, cleat_name(service)) != 0 || strcmp(cleat_namespace(words), cleat_namespace(service)) != 0)
      continue;
    for (uint32_t j = 0; j < ports.count; ++j) {
      const cleat_struct port = cleat_nth_struct(ports, j);
      const cleat_struct number = cleat_get_struct(port, discovery_v1_EndpointPort_port);
      if (strcmp(cleat_get_text(port, discovery_v1_EndpointPort_name), port_name) != 0) continue;
      print_endpoints(out, cleat_root(words), cleat_get_i32(number, meta_v1_Int32Value_value));
    }
  }
}

static void print_service(const struct plugin* plugin, FILE* out, cleat_words service) {
  const cleat_struct spec = cleat_get_struct(cleat_root(service), core_v1_Service_spec);
  const char* address = cleat_get_text(spec, core_v1_ServiceSpec_clusterIP);
  const cleat_list ports = cleat_get_list(spec, core_v1_ServiceSpec_ports);
  if (*address == 0 || strcmp(address, "None") == 0) return;
  for (uint32_t i = 0; i < ports.count; ++i) {
    const cleat_struct port = cleat_nth_struct(ports, i);
    print_address(out, address, cleat_get_i32(port, core_v1_ServicePort_port));
    fprintf(out, "/%s", cleat_get_text(port, core_v1_ServicePort_protocol));
    print_slices(plugin, out, service, cleat_get_text(port, core_v1_ServicePort_name));
    fputc('\n', out);
  }
}

static void reconcile(cleat_work* work, const char* key) {
  struct plugin* plugin = (struct plugin*)((char*)work - offsetof(struct plugin, work));
  char* text = NULL;
  size_t size = 0;
  int written = 0;
  FILE* out = open_memstream(&text, &size);
  (void)key;
  for (size_t i = 0; out && i < plugin->services.count; ++i) print_service(plugin, out, plugin->services.each[i].words);
  if (out && fclose(out) == 0) written = cleat_write_file(plugin->file, text, size, 0644) == 0;
  if (!written) cleat_log_line(plugin->self, CLEAT_LOG_WARN, strerror(errno));
  free(text);
  cleat_done(work, written);
}

static void synced(cleat_informer* informer) {
  struct plugin* plugin = informer->owner;
  if (!plugin->services.is_synced || !plugin->slices.is_synced) return;
  cleat_add_work(&plugin->work, "services"); /* also where there are none */
  cleat_ready(plugin->self);
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
  *instance = plugin;
  snprintf(plugin->file, sizeof plugin->file, "%s/services", cleat_data_dir(config));
  cleat_begin_work(&plugin->work, plugin->self, reconcile);
  plugin->services = (cleat_informer){
      .self = plugin->self, .of = {"", "v1", "services"}, .changed = changed, .synced = synced, .owner = plugin};
  plugin->slices = (cleat_informer){.self = plugin->self,
                                    .of = {"discovery.k8s.io", "v1", "endpointslices"},
                                    .changed = changed,
                                    .synced = synced,
                                    .owner = plugin};
  if (cleat_make_folders(cleat_data_dir(config)) != 0) {
    cleat_not_ready(plugin->self, strerror(errno));
    return CLEAT_OK;
  }
  cleat_watch(&plugin->services);
  cleat_watch(&plugin->slices);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  cleat_forget(&plugin->services);
  cleat_forget(&plugin->slices);
  cleat_end_work(&plugin->work);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
