/* Connects pods by a wire each: a veth pair between the pod and the node, and a route to the pod's address. Pods of one
 * node reach each other through the node, which forwards; other nodes are for somebody else. In plain C, against the
 * binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/file.h>
#include <cleat/c/role/network.h>
#include <cleat/c/wait.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "network",
                 .config_schema =
                     "prefix string 10.250.0 # pods of this node get PREFIX.2 to PREFIX.254\n"
                     "ip string /usr/sbin/ip # the program that sets links and routes\n"
                     "nsenter string /usr/bin/nsenter # the one that runs it in a pod's namespace\n");
/* The host knows by this what the role can be asked, as no other plugin that fills it need be there. */
CLEAT_C_BRINGS(role_Network);

/* Whose an address is until the wire of whoever had it is cut: nobody gets it before. */
#define NOBODY "-"

enum { FIRST = 2, BEYOND = 255 }; /* the last part of pods' addresses; 1 is the node */

/* Does not change while the plugin runs: work beside the strand reads it, even if the plugin stops meanwhile. */
struct settings {
  char prefix[64], ip[512], nsenter[512];
};

struct plugin {
  cleat_self self;
  struct settings settings;
  char file[1100];
  char* sandboxes[BEYOND]; /* whose each address is; null: nobody's */
};

/* ------------------------------------------------------------ what was given out, in a file -- */

static int save(const struct plugin* plugin) {
  char* text = NULL;
  size_t size = 0;
  FILE* out = open_memstream(&text, &size);
  int result = -1;
  for (int host = FIRST; out && host < BEYOND; ++host) {
    if (plugin->sandboxes[host]) fprintf(out, "%s %d\n", plugin->sandboxes[host], host);
  }
  if (out && fclose(out) == 0) result = cleat_write_file(plugin->file, text, size, 0600);
  free(text);
  return result;
}

static void load(struct plugin* plugin) {
  char* text = cleat_read_file(plugin->file, NULL);
  char sandbox[256];
  int host, length;
  for (char* at = text; at && sscanf(at, "%255s %d\n%n", sandbox, &host, &length) == 2; at += length) {
    if (host >= FIRST && host < BEYOND && !plugin->sandboxes[host]) plugin->sandboxes[host] = strdup(sandbox);
  }
  free(text);
}

static int host_of(const struct plugin* plugin, const char* sandbox) {
  for (int host = FIRST; host < BEYOND; ++host) {
    if (plugin->sandboxes[host] && strcmp(plugin->sandboxes[host], sandbox) == 0) return host;
  }
  return 0;
}

/* Asked again for the same sandbox it gives the same; 0: there is none left, or it cannot be written down. */
static int take(struct plugin* plugin, const char* sandbox) {
  int host = host_of(plugin, sandbox);
  if (host) return host;
  for (host = FIRST; host < BEYOND && plugin->sandboxes[host]; ++host) continue;
  if (host == BEYOND || !(plugin->sandboxes[host] = strdup(sandbox))) return 0;
  if (save(plugin) == 0) return host;
  free(plugin->sandboxes[host]);
  plugin->sandboxes[host] = NULL;
  return 0;
}

/* --------------------------------------------------- wires, made and cut beside the strand -- */

struct wiring {
  cleat_waiter waiter;
  cleat_self self;
  struct plugin* plugin; /* there as long as `done` is called */
  struct settings settings;
  uint64_t call;
  char space[512]; /* the pod's namespace; empty: the wires are cut */
  int hosts[BEYOND], count;
  cleat_output output;
  int failed;
};

/* ip ARGUMENT… NULL; `space`: in the pod's namespace. */
static int run_ip(struct wiring* work, int space, ...) {
  char where[600];
  char* argv[20];
  static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path, NULL};
  size_t count = 0;
  va_list arguments;
  snprintf(where, sizeof where, "--net=%s", work->space);
  if (space) {
    argv[count++] = work->settings.nsenter;
    argv[count++] = where;
  }
  argv[count++] = work->settings.ip;
  va_start(arguments, space);
  while (count < 19 && (argv[count] = va_arg(arguments, char*))) ++count;
  va_end(arguments);
  argv[count] = NULL;
  if (cleat_run(argv, environment, 5000, &work->output) != 0)
    snprintf(work->output.error, sizeof work->output.error, "%s", strerror(errno));
  else if (work->output.code == 0 && !work->output.timed_out)
    return 0;
  return -1;
}

static void wire(void* given) {
  struct wiring* work = given;
  const int host = work->hosts[0];
  char link[16], address[96], node[80], node_address[96];
  snprintf(link, sizeof link, "wire%d", host);
  snprintf(address, sizeof address, "%s.%d/32", work->settings.prefix, host);
  snprintf(node, sizeof node, "%s.1", work->settings.prefix);
  snprintf(node_address, sizeof node_address, "%s/32", node);
  if (run_ip(work, 0, "link", "show", link, NULL) == 0) return;
  work->failed =
      run_ip(work, 0, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", work->space, NULL) ||
      run_ip(work, 0, "addr", "add", node_address, "dev", link, NULL) ||
      run_ip(work, 0, "link", "set", link, "up", NULL) || run_ip(work, 0, "route", "add", address, "dev", link, NULL) ||
      run_ip(work, 1, "addr", "add", address, "dev", "eth0", NULL) ||
      run_ip(work, 1, "link", "set", "lo", "up", NULL) || run_ip(work, 1, "link", "set", "eth0", "up", NULL) ||
      run_ip(work, 1, "route", "add", node, "dev", "eth0", NULL) ||
      run_ip(work, 1, "route", "add", "default", "via", node, NULL);
}

/* The pod's end may have gone with its namespace, and the wire with it. */
static void cut(void* given) {
  struct wiring* work = given;
  char link[16];
  for (int i = 0; i < work->count; ++i) {
    snprintf(link, sizeof link, "wire%d", work->hosts[i]);
    if (run_ip(work, 0, "link", "show", link, NULL) == 0 && run_ip(work, 0, "link", "del", link, NULL) != 0)
      work->failed = 1;
  }
}

static void let_go(struct plugin* plugin, const struct wiring* work) {
  for (int i = 0; i < work->count; ++i) {
    free(plugin->sandboxes[work->hosts[i]]);
    plugin->sandboxes[work->hosts[i]] = NULL;
  }
  if (work->count > 0) save(plugin); /* where it fails, `collect` finds them once more */
}

static void done(cleat_waiter* waiter, const cleat_event* event) {
  struct wiring* work = (struct wiring*)waiter;
  uint64_t room[64];
  cleat_builder message = cleat_into(room, 64);
  char address[80], why[1600];
  const char* addresses[] = {address};
  (void)event;
  if (work->failed) {
    snprintf(why, sizeof why, "%s failed: %.900s", work->settings.ip, work->output.error);
    cleat_refuse(work->self, work->call, CLEAT_FAILED, 500, "InternalError", why);
  } else if (*work->space) {
    snprintf(address, sizeof address, "%s.%d", work->settings.prefix, work->hosts[0]);
    cleat_set_texts(cleat_new_root(&message, role_SetupResults_shape), role_SetupResults_addresses, addresses, 1);
    cleat_reply(work->self, work->call, CLEAT_OK, &message);
  } else {
    let_go(work->plugin, work);
    cleat_reply(work->self, work->call, CLEAT_OK, NULL);
  }
  free(work);
}

/* -------------------------------------------------------------------------------- the role -- */

static struct wiring* begin(struct plugin* plugin, const cleat_event* event) {
  struct wiring* work = calloc(1, sizeof *work);
  if (!work) {
    cleat_refuse(plugin->self, event->token, CLEAT_RETRY, 503, "ServiceUnavailable", "there is no memory");
    return NULL;
  }
  work->waiter.come = done;
  work->self = plugin->self;
  work->plugin = plugin;
  work->settings = plugin->settings;
  work->call = event->token;
  return work;
}

static void setup(struct plugin* plugin, const cleat_event* event) {
  const cleat_struct params = cleat_root(event->payload.message);
  const int host = take(plugin, cleat_get_text(params, role_NetworkParams_sandboxId));
  struct wiring* work;
  if (!host) {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 500, "InternalError",
                 "all addresses are taken, or none can be written down");
    return;
  }
  if (!(work = begin(plugin, event))) return;
  work->hosts[work->count++] = host;
  snprintf(work->space, sizeof work->space, "%s", cleat_get_text(params, role_NetworkParams_namespacePath));
  cleat_blocking(plugin->self, wire, work, &work->waiter);
}

static int is_among(cleat_list texts, const char* text) {
  for (uint32_t i = 0; i < texts.count; ++i) {
    if (strcmp(cleat_nth_text(texts, i), text) == 0) return 1;
  }
  return 0;
}

/* One sandbox's address is free again, or (collect) those of all that are not in the list. */
static void release(struct plugin* plugin, const cleat_event* event, int collects) {
  const cleat_struct params = cleat_root(event->payload.message);
  const cleat_list known = cleat_get_list(params, role_CollectParams_sandboxIds);
  struct wiring* work = begin(plugin, event);
  if (!work) return;
  for (int host = FIRST; host < BEYOND; ++host) {
    char** sandbox = &plugin->sandboxes[host];
    if (!*sandbox) continue;
    if (collects ? is_among(known, *sandbox)
                 : strcmp(*sandbox, cleat_get_text(params, role_NetworkParams_sandboxId)) != 0)
      continue;
    work->hosts[work->count++] = host;
    free(*sandbox);
    *sandbox = strdup(NOBODY);
  }
  cleat_blocking(plugin->self, cut, work, &work->waiter);
}

static void tell_status(const struct plugin* plugin, uint64_t call) {
  uint64_t room[16];
  cleat_builder message = cleat_into(room, 16);
  cleat_set_bool(cleat_new_root(&message, role_NetworkStatus_shape), role_NetworkStatus_ready, 1);
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
}

static void deliver(void* instance, const cleat_event* event) {
  struct plugin* plugin = instance;
  if (cleat_come(event) || event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Network_id, role_Network_status)) {
    tell_status(plugin, event->token);
  } else if (cleat_calls(event, role_Network_id, role_Network_setup)) {
    setup(plugin, event);
  } else if (cleat_calls(event, role_Network_id, role_Network_teardown)) {
    release(plugin, event, 0);
  } else if (cleat_calls(event, role_Network_id, role_Network_collect)) {
    release(plugin, event, 1);
  } else {
    cleat_no_such_method(plugin->self, event->token);
  }
}

/* What was given out before a restart is known again: pods outlive this process. */
static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  struct settings* settings = plugin ? &plugin->settings : NULL;
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  *instance = plugin;
  snprintf(settings->prefix, sizeof settings->prefix, "%s", cleat_setting_text(config, "prefix", "10.250.0"));
  snprintf(settings->ip, sizeof settings->ip, "%s", cleat_setting_text(config, "ip", "/usr/sbin/ip"));
  snprintf(settings->nsenter, sizeof settings->nsenter, "%s",
           cleat_setting_text(config, "nsenter", "/usr/bin/nsenter"));
  snprintf(plugin->file, sizeof plugin->file, "%s/addresses", cleat_data_dir(config));
  if (cleat_make_folders(cleat_data_dir(config)) != 0) {
    cleat_not_ready(plugin->self, strerror(errno));
    return CLEAT_OK;
  }
  load(plugin);
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  for (int host = FIRST; host < BEYOND; ++host) free(plugin->sandboxes[host]);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
