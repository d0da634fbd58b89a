#include "my_plugin.h"

/* How long nextEvents waits and how often it looks. When the plugin is replaced the new one begins when the old one's
 * calls have ended, so none of them is to be long. */
#define WAIT_AT_MOST INT64_C(3000000000)
#define LOOK_EVERY INT64_C(200000000)

/* One call, with a copy of all that it needs: it may go on when the plugin has stopped. */
struct work {
  cleat_waiter waiter;
  struct plugin* plugin; /* there as long as `done` is called */
  struct processes all;
  uint64_t call;
  uint32_t method;
  char id[ID]; /* of a sandbox or a container */
  int64_t seconds;
  struct line line; /* execSync: what is run */
  cleat_output output;
  struct trouble trouble;
};

/* ------------------------------------------------------------------- done beside the strand -- */

static void remove_folder(struct work* work, const char* which, const char* id) {
  char path[PATH];
  path_of(&work->all, which, id, "", path);
  if (work->trouble.code != 0 || cleat_remove_tree(path) == 0) return;
  work->trouble.code = 500;
  snprintf(work->trouble.text, sizeof work->trouble.text, "%s: %s", path, strerror(errno));
}

/* Stops the sandbox's containers, and removes them. */
static void end_sandbox(struct work* work, int removes) {
  char* ids[MOST];
  char path[PATH];
  const int count = list_ids(&work->all, "containers", ids, MOST);
  for (int i = 0; i < count; ++i) {
    cleat_words words;
    const cleat_struct config = load(&work->all, "containers", ids[i], &words);
    if (strcmp(cleat_get_text(config, role_ContainerConfig_sandboxId), work->id) == 0) {
      stop_container(&work->all, ids[i], 0, &work->trouble);
      if (removes) remove_folder(work, "containers", ids[i]);
    }
    free((void*)words.data);
    free(ids[i]);
  }
  if (removes) {
    remove_folder(work, "sandboxes", work->id);
  } else if (work->trouble.code == 0 && written_at(&work->all, "sandboxes", work->id, "config")) {
    path_of(&work->all, "sandboxes", work->id, "stopped", path);
    cleat_write_file(path, "", 0, 0600);
  }
}

static void run_command(struct work* work) {
  char* environment[] = {NULL};
  if (work->trouble.code != 0) return;
  if (cleat_run(work->line.each, environment, (int)work->seconds * 1000, &work->output) == 0) return;
  work->trouble.code = 500;
  snprintf(work->trouble.text, sizeof work->trouble.text, "%s: %s", work->line.each[0], strerror(errno));
}

static void do_work(void* given) {
  struct work* work = given;
  switch (work->method) {
    case role_Runtime_stopSandbox: end_sandbox(work, 0); break;
    case role_Runtime_removeSandbox: end_sandbox(work, 1); break;
    case role_Runtime_startContainer: start_container(&work->all, work->id, &work->trouble); break;
    case role_Runtime_stopContainer: stop_container(&work->all, work->id, work->seconds, &work->trouble); break;
    case role_Runtime_removeContainer:
      stop_container(&work->all, work->id, 0, &work->trouble);
      remove_folder(work, "containers", work->id);
      break;
    default: run_command(work);
  }
}

/* ---------------------------------------------------------------------------- and answered -- */

static void watch_end(struct plugin* plugin, const char* id) {
  char* copy = plugin->running_count < MOST ? strdup(id) : NULL;
  if (copy) plugin->running[plugin->running_count++] = copy;
}

static void answer_command(const struct work* work) {
  cleat_builder message = cleat_allocate(64 + sizeof work->output.out / 4);
  const cleat_place results = cleat_new_root(&message, role_ExecSyncResults_shape);
  cleat_set_i32(results, role_ExecSyncResults_exitCode, work->output.code);
  cleat_set_bool(results, role_ExecSyncResults_timedOut, work->output.timed_out);
  cleat_set_data(results, role_ExecSyncResults_stdout, work->output.out, work->output.out_size);
  cleat_set_data(results, role_ExecSyncResults_stderr, work->output.error, work->output.error_size);
  cleat_reply(work->plugin->self, work->call, CLEAT_OK, &message);
  free(message.words);
}

static void done(cleat_waiter* waiter, const cleat_event* event) {
  struct work* work = (struct work*)waiter;
  const uint16_t code = work->trouble.code;
  (void)event;
  if (code == 0 && work->method == role_Runtime_startContainer) watch_end(work->plugin, work->id);
  if (code != 0) {
    cleat_refuse(work->plugin->self, work->call, CLEAT_FAILED, code, code == 404 ? "NotFound" : "InternalError",
                 work->trouble.text);
  } else if (work->method == role_Runtime_execSync) {
    answer_command(work);
  } else {
    cleat_reply(work->plugin->self, work->call, CLEAT_OK, NULL);
  }
  free_line(&work->line);
  free(work);
}

static void prepare_command(struct work* work, cleat_struct params) {
  cleat_words words;
  const cleat_struct config = load(&work->all, "containers", work->id, &words);
  const uint32_t seconds = cleat_get_u32(params, role_ExecSyncParams_timeoutSeconds);
  work->seconds = seconds > 0 && seconds < 86400 ? seconds : 30;
  command_line(&work->all, config, cleat_get_list(params, role_ExecSyncParams_command), &work->line, &work->trouble);
  free((void*)words.data);
}

void begin_work(struct plugin* plugin, const cleat_event* event) {
  const cleat_struct params = cleat_root(event->payload.message);
  struct work* work = calloc(1, sizeof *work);
  if (!work) {
    cleat_refuse(plugin->self, event->token, CLEAT_RETRY, 503, "ServiceUnavailable", "there is no memory");
    return;
  }
  work->waiter.come = done;
  work->plugin = plugin;
  work->all = plugin->all;
  work->call = event->token;
  work->method = event->method;
  /* The id is the first field of each of them. */
  snprintf(work->id, sizeof work->id, "%s", cleat_get_text(params, role_ContainerParams_containerId));
  if (event->method == role_Runtime_stopContainer)
    work->seconds = cleat_get_i64(params, role_StopContainerParams_timeoutSeconds);
  if (event->method == role_Runtime_execSync) prepare_command(work, params);
  cleat_blocking(plugin->self, do_work, work, &work->waiter);
}

/* --------------------------------------------------------------------------------- events -- */

struct waiting {
  cleat_waiter waiter;
  struct plugin* plugin;
  uint64_t call;
  int64_t until;
  int known; /* the caller knows what has been so far */
  struct waiting* next;
};

void begin_events(struct plugin* plugin) {
  char* ids[MOST];
  const int count = list_ids(&plugin->all, "containers", ids, MOST);
  for (int i = 0; i < count; ++i) {
    if (state_of(&plugin->all, ids[i]) == role_ContainerState_running) {
      plugin->running[plugin->running_count++] = ids[i];
    } else {
      free(ids[i]);
    }
  }
  /* No cursor of another process is one of this. */
  plugin->cursor = (uint64_t)plugin->self.host->wall_now(plugin->self.context);
}

static void forget(struct plugin* plugin, struct waiting* waiting) {
  struct waiting** at = &plugin->waiting;
  while (*at != waiting) at = &(*at)->next;
  *at = waiting->next;
  free(waiting);
}

static void look(cleat_waiter* waiter, const cleat_event* event) {
  struct waiting* waiting = (struct waiting*)waiter;
  struct plugin* plugin = waiting->plugin;
  const int64_t now = plugin->self.host->now(plugin->self.context);
  char* ended[MOST];
  int count = 0, kept = 0;
  cleat_builder message;
  cleat_place results;
  cleat_places events;
  (void)event;
  for (int i = 0; waiting->known && i < plugin->running_count; ++i) {
    const int runs = state_of(&plugin->all, plugin->running[i]) == role_ContainerState_running;
    *(runs ? &plugin->running[kept++] : &ended[count++]) = plugin->running[i];
  }
  if (waiting->known) plugin->running_count = kept;
  if (waiting->known && count == 0 && now < waiting->until) {
    cleat_after(plugin->self, &waiting->waiter, LOOK_EVERY);
    return;
  }
  if (count > 0) ++plugin->cursor;
  message = cleat_allocate(64 + (uint64_t)count * (ID / 8 + 8));
  results = cleat_new_root(&message, role_NextEventsResults_shape);
  cleat_set_u64(results, role_NextEventsResults_cursor, plugin->cursor);
  cleat_set_bool(results, role_NextEventsResults_lost, !waiting->known);
  events = cleat_new_structs(results, role_NextEventsResults_events, (uint32_t)count, role_RuntimeEvent_shape);
  for (int i = 0; i < count; ++i) {
    const cleat_place told = cleat_nth_place(events, (uint32_t)i);
    cleat_set_text(told, role_RuntimeEvent_type, "ContainerExited");
    cleat_set_text(told, role_RuntimeEvent_containerId, ended[i]);
    free(ended[i]);
  }
  cleat_reply(plugin->self, waiting->call, CLEAT_OK, &message);
  free(message.words);
  forget(plugin, waiting);
}

void wait_for_events(struct plugin* plugin, const cleat_event* event) {
  const uint64_t cursor = cleat_get_u64(cleat_root(event->payload.message), role_NextEventsParams_cursor);
  struct waiting* waiting = calloc(1, sizeof *waiting);
  if (!waiting) {
    cleat_refuse(plugin->self, event->token, CLEAT_RETRY, 503, "ServiceUnavailable", "there is no memory");
    return;
  }
  waiting->waiter.come = look;
  waiting->plugin = plugin;
  waiting->call = event->token;
  waiting->known = cursor == 0 || cursor == plugin->cursor;
  waiting->until = plugin->self.host->now(plugin->self.context) + WAIT_AT_MOST;
  if (event->deadline_ns - LOOK_EVERY < waiting->until) waiting->until = event->deadline_ns - LOOK_EVERY;
  waiting->next = plugin->waiting;
  plugin->waiting = waiting;
  look(&waiting->waiter, event);
}

void end_events(struct plugin* plugin) {
  while (plugin->waiting) forget(plugin, plugin->waiting);
  for (int i = 0; i < plugin->running_count; ++i) free(plugin->running[i]);
  plugin->running_count = 0;
}
