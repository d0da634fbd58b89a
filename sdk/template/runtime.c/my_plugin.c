/* Runs containers as plain processes of the machine: an image is a folder of programs, and nothing keeps one container
 * from another. What a node's agent asks of a runtime is all here but exec with a terminal, attach and port forwarding.
 * In plain C, against the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include "my_plugin.h"

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "runtime",
                 .config_schema = "images string /srv/images # a folder that has one for each image\n");
/* The host knows by this what the role can be asked, as no other plugin that fills it need be there. */
CLEAT_C_BRINGS(role_Runtime);

static void tell_status(const struct plugin* plugin, const cleat_event* event) {
  uint64_t room[64];
  cleat_builder message = cleat_into(room, 64);
  const cleat_place status = cleat_new_root(&message, role_RuntimeStatus_shape);
  cleat_set_bool(status, role_RuntimeStatus_ready, 1);
  cleat_set_text(status, role_RuntimeStatus_name, "my-plugin");
  cleat_set_text(status, role_RuntimeStatus_version, "0.1.0");
  cleat_set_bool(status, role_RuntimeStatus_networksItself, 1); /* pods have the machine's network */
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
}

/* A folder with what was asked for, as it came. */
static int keep(const struct plugin* plugin, const char* which, const char* id, const cleat_event* event) {
  const cleat_words asked = event->payload.message;
  char path[PATH];
  path_of(&plugin->all, which, id, "", path);
  if (cleat_make_folders(path) != 0) return -1;
  path_of(&plugin->all, which, id, "config", path);
  return cleat_write_file(path, asked.data, asked.count * sizeof *asked.data, 0600);
}

static void refuse(const struct plugin* plugin, const cleat_event* event, const struct trouble* trouble) {
  cleat_refuse(plugin->self, event->token, CLEAT_FAILED, trouble->code,
               trouble->code == 404 ? "NotFound" : "BadRequest", trouble->text);
}

static void refuse_file(const struct plugin* plugin, const cleat_event* event) {
  cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 500, "InternalError", strerror(errno));
}

/* ------------------------------------------------------------------------------- sandboxes -- */

static void write_sandbox(const struct plugin* plugin, const char* id, cleat_struct asked, cleat_place to) {
  const char* addresses[] = {plugin->address};
  cleat_set_text(to, role_Sandbox_id, id);
  cleat_set_copy(to, role_Sandbox_podNamespace, asked, role_SandboxConfig_podNamespace);
  cleat_set_copy(to, role_Sandbox_podName, asked, role_SandboxConfig_podName);
  cleat_set_copy(to, role_Sandbox_podUid, asked, role_SandboxConfig_podUid);
  cleat_set_u32(to, role_Sandbox_attempt, cleat_get_u32(asked, role_SandboxConfig_attempt));
  cleat_set_bool(to, role_Sandbox_ready, !written_at(&plugin->all, "sandboxes", id, "stopped"));
  cleat_set_i64(to, role_Sandbox_createdAtNs, written_at(&plugin->all, "sandboxes", id, "config"));
  cleat_set_texts(to, role_Sandbox_addresses, addresses, 1);
  cleat_set_copy(to, role_Sandbox_labels, asked, role_SandboxConfig_labels);
  cleat_set_copy(to, role_Sandbox_annotations, asked, role_SandboxConfig_annotations);
}

static void run_sandbox(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct asked = cleat_root(event->payload.message);
  cleat_builder message = cleat_allocate(event->payload.message.count + 256);
  const cleat_place results = cleat_new_root(&message, role_SandboxResults_shape);
  char id[ID];
  snprintf(id, sizeof id, "%.200s-%u", cleat_get_text(asked, role_SandboxConfig_podUid),
           (unsigned)cleat_get_u32(asked, role_SandboxConfig_attempt));
  if (keep(plugin, "sandboxes", id, event) != 0 ||
      cleat_make_folders(cleat_get_text(asked, role_SandboxConfig_logDirectory)) != 0) {
    refuse_file(plugin, event);
  } else {
    write_sandbox(plugin, id, asked, cleat_new_struct(results, role_SandboxResults_sandbox, role_Sandbox_shape));
    cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  }
  free(message.words);
}

/* ------------------------------------------------------------------------------ containers -- */

static void create_container(const struct plugin* plugin, const cleat_event* event) {
  const cleat_struct asked = cleat_root(event->payload.message);
  const cleat_list own = {0};
  uint64_t room[128];
  cleat_builder message = cleat_into(room, 128);
  struct trouble trouble = {0};
  struct line line;
  char id[ID];
  const int good = command_line(&plugin->all, asked, own, &line, &trouble) == 0;
  free_line(&line);
  snprintf(id, sizeof id, "%.200s-%.80s-%u", cleat_get_text(asked, role_ContainerConfig_sandboxId),
           cleat_get_text(asked, role_ContainerConfig_name),
           (unsigned)cleat_get_u32(asked, role_ContainerConfig_attempt));
  if (!good) {
    refuse(plugin, event, &trouble);
  } else if (keep(plugin, "containers", id, event) != 0) {
    refuse_file(plugin, event);
  } else {
    cleat_set_text(cleat_new_root(&message, role_ContainerResults_shape), role_ContainerResults_containerId, id);
    cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  }
}

static void write_times(const struct processes* all, const char* id, int state, cleat_place to) {
  const int64_t begun = written_at(all, "containers", id, "pid"), ended = written_at(all, "containers", id, "exit");
  cleat_set_i64(to, role_Container_createdAtNs, written_at(all, "containers", id, "config"));
  cleat_set_i64(to, role_Container_startedAtNs, begun);
  if (state != role_ContainerState_exited) return;
  cleat_set_i32(to, role_Container_exitCode, exit_code_of(all, id));
  cleat_set_i64(to, role_Container_finishedAtNs, ended > begun ? ended : begun);
}

static void write_container(const struct plugin* plugin, const char* id, cleat_struct asked, cleat_place to) {
  const struct processes* all = &plugin->all;
  const int state = state_of(all, id);
  cleat_words pod_words;
  const cleat_struct pod = load(all, "sandboxes", cleat_get_text(asked, role_ContainerConfig_sandboxId), &pod_words);
  char log[PATH];
  cleat_set_text(to, role_Container_id, id);
  cleat_set_copy(to, role_Container_sandboxId, asked, role_ContainerConfig_sandboxId);
  cleat_set_copy(to, role_Container_name, asked, role_ContainerConfig_name);
  cleat_set_u32(to, role_Container_attempt, cleat_get_u32(asked, role_ContainerConfig_attempt));
  cleat_set_copy(to, role_Container_image, asked, role_ContainerConfig_image);
  cleat_set_copy(to, role_Container_imageId, asked, role_ContainerConfig_image);
  cleat_set_copy(to, role_Container_labels, asked, role_ContainerConfig_labels);
  cleat_set_copy(to, role_Container_annotations, asked, role_ContainerConfig_annotations);
  snprintf(log, sizeof log, "%s/%s", cleat_get_text(pod, role_SandboxConfig_logDirectory),
           cleat_get_text(asked, role_ContainerConfig_logPath));
  if (pod_words.data) cleat_set_text(to, role_Container_logPath, log);
  cleat_set_u16(to, role_Container_state, (uint16_t)state);
  cleat_set_u32(to, role_Container_pid, (uint32_t)pid_of(all, id));
  write_times(all, id, state, to);
  free((void*)pod_words.data);
}

/* ---------------------------------------------------------------------------------- lists -- */

/* All sandboxes, or all containers. */
static void list(const struct plugin* plugin, const cleat_event* event, int containers) {
  const char* which = containers ? "containers" : "sandboxes";
  char* ids[MOST];
  cleat_words words[MOST];
  const int count = list_ids(&plugin->all, which, ids, MOST);
  uint64_t room = 64;
  cleat_builder message;
  cleat_places places;
  for (int i = 0; i < count; ++i) {
    load(&plugin->all, which, ids[i], &words[i]);
    room += words[i].count + 512;
  }
  message = cleat_allocate(room);
  places = cleat_new_structs(cleat_new_root(&message, role_ListContainersResults_shape),
                             role_ListContainersResults_containers, (uint32_t)count,
                             containers ? role_Container_shape : role_Sandbox_shape);
  for (int i = 0; i < count; ++i) {
    (containers ? write_container : write_sandbox)(plugin, ids[i], cleat_root(words[i]),
                                                   cleat_nth_place(places, (uint32_t)i));
    free((void*)words[i].data);
    free(ids[i]);
  }
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  free(message.words);
}

static void write_image(const char* image, cleat_place to) {
  cleat_set_text(to, role_Image_id, image);
  cleat_set_texts(to, role_Image_names, &image, 1);
}

/* Images are folders that the operator has put there: pulling one is looking for it. */
static void find_image(const struct plugin* plugin, const cleat_event* event, uint32_t field) {
  const char* image = cleat_get_text(cleat_root(event->payload.message), field);
  cleat_builder message = cleat_allocate(256);
  struct trouble trouble = {0};
  char path[PATH];
  if (image_folder(&plugin->all, image, path, &trouble) != 0) {
    refuse(plugin, event, &trouble);
  } else {
    write_image(image, cleat_new_struct(cleat_new_root(&message, role_ImageResults_shape), role_ImageResults_image,
                                        role_Image_shape));
    cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  }
  free(message.words);
}

static void list_images(const struct plugin* plugin, const cleat_event* event) {
  struct dirent** names = NULL;
  const int count = scandir(plugin->all.images, &names, NULL, alphasort);
  cleat_builder message = cleat_allocate(64 + (uint64_t)(count > 0 ? count : 0) * 96);
  cleat_places places;
  uint32_t used = 0, shown = 0;
  for (int i = 0; i < count; ++i) shown += names[i]->d_name[0] != '.';
  places = cleat_new_structs(cleat_new_root(&message, role_ListImagesResults_shape), role_ListImagesResults_images,
                             shown, role_Image_shape);
  for (int i = 0; i < count; ++i) {
    if (names[i]->d_name[0] != '.') write_image(names[i]->d_name, cleat_nth_place(places, used++));
    free(names[i]);
  }
  free(names);
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  free(message.words);
}

/* -------------------------------------------------------------------------------- the role -- */

static void deliver(void* instance, const cleat_event* event) {
  struct plugin* plugin = instance;
  if (cleat_come(event) || event->type != CLEAT_EVENT_CALL) return;
  if (event->interface_id != role_Runtime_id) {
    cleat_no_such_method(plugin->self, event->token);
    return;
  }
  switch (event->method) {
    case role_Runtime_status: tell_status(plugin, event); break;
    case role_Runtime_runSandbox: run_sandbox(plugin, event); break;
    case role_Runtime_listSandboxes: list(plugin, event, 0); break;
    case role_Runtime_createContainer: create_container(plugin, event); break;
    case role_Runtime_listContainers: list(plugin, event, 1); break;
    case role_Runtime_stopSandbox:
    case role_Runtime_removeSandbox:
    case role_Runtime_startContainer:
    case role_Runtime_stopContainer:
    case role_Runtime_removeContainer:
    case role_Runtime_execSync: begin_work(plugin, event); break;
    case role_Runtime_nextEvents: wait_for_events(plugin, event); break;
    case role_Runtime_pullImage: find_image(plugin, event, role_PullImageParams_image); break;
    case role_Runtime_imageStatus: find_image(plugin, event, role_ImageParams_image); break;
    case role_Runtime_listImages: list_images(plugin, event); break;
    default: cleat_no_such_method(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  const cleat_struct server = cleat_get_struct(cleat_root(config), wire_PluginConfig_server);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  *instance = plugin;
  snprintf(plugin->all.root, sizeof plugin->all.root, "%s", cleat_data_dir(config));
  snprintf(plugin->all.images, sizeof plugin->all.images, "%s", cleat_setting_text(config, "images", "/srv/images"));
  snprintf(plugin->address, sizeof plugin->address, "%s", cleat_get_text(server, wire_ServerConfig_address));
  if (prepare(&plugin->all) != 0) {
    cleat_not_ready(plugin->self, strerror(errno));
    return CLEAT_OK;
  }
  begin_events(plugin);
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) {
  struct plugin* plugin = instance;
  end_events(plugin);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
