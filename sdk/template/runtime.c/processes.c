#include "processes.h"

#include <stdarg.h>

/* Starts a container's process in a session of its own, writes its output as the node's agent reads it, and keeps its
 * exit code. */
static const char run_script[] =
    "#!/bin/sh\n"
    "folder=$1 log=$2\n"
    "shift 2\n"
    "echo $$ >\"$folder/keeper\"\n"
    "{\n"
    "  setsid sh -c 'echo $$ >\"$0/pid.new\" && mv \"$0/pid.new\" \"$0/pid\" && exec \"$@\"' \"$folder\" \"$@\"\n"
    "  echo $? >\"$folder/exit.new\" && mv \"$folder/exit.new\" \"$folder/exit\"\n"
    "} 2>&1 </dev/null | while IFS= read -r line; do\n"
    "  printf '%s stdout F %s\\n' \"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)\" \"$line\"\n"
    "done >>\"$log\"\n";

static char search_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
enum { LOOK_EVERY_MS = 20, START_LIMIT_MS = 10000 };

static int fail(struct trouble* trouble, uint16_t code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(trouble->text, sizeof trouble->text, format, arguments);
  va_end(arguments);
  trouble->code = code;
  return -1;
}

int prepare(const struct processes* all) {
  char path[PATH];
  path_of(all, "sandboxes", ".", "", path);
  if (cleat_make_folders(path) != 0) return -1;
  path_of(all, "containers", ".", "", path);
  if (cleat_make_folders(path) != 0) return -1;
  snprintf(path, sizeof path, "%s/run.sh", all->root);
  return cleat_write_file(path, run_script, sizeof run_script - 1, 0755);
}

void path_of(const struct processes* all, const char* which, const char* id, const char* file, char path[PATH]) {
  snprintf(path, PATH, "%s/%s/%.300s%s%s", all->root, which, id, *file ? "/" : "", file);
}

int list_ids(const struct processes* all, const char* which, char** ids, int most) {
  char path[PATH];
  const struct dirent* entry;
  DIR* folder;
  int count = 0;
  path_of(all, which, ".", "", path);
  folder = opendir(path);
  while (folder && count < most && (entry = readdir(folder))) {
    if (entry->d_name[0] != '.' && (ids[count] = strdup(entry->d_name))) ++count;
  }
  if (folder) closedir(folder);
  return count;
}

cleat_struct load(const struct processes* all, const char* which, const char* id, cleat_words* words) {
  char path[PATH];
  size_t size = 0;
  path_of(all, which, id, "config", path);
  words->data = (const uint64_t*)cleat_read_file(path, &size);
  words->count = words->data ? size / sizeof(uint64_t) : 0;
  return cleat_root(*words);
}

int image_folder(const struct processes* all, const char* image, char path[PATH], struct trouble* trouble) {
  struct stat facts;
  snprintf(path, PATH, "%s/%.500s", all->images, image);
  if (*image && !strstr(image, "..") && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) return 0;
  return fail(trouble, 404, "there is no folder %.700s, which would be the image %.200s", path, image);
}

/* ------------------------------------------------------------------------------ command lines -- */

static void add(struct line* line, const char* format, ...) {
  va_list arguments;
  char* word = NULL;
  size_t size = 0;
  FILE* out = open_memstream(&word, &size);
  if (!out) return;
  va_start(arguments, format);
  vfprintf(out, format, arguments);
  va_end(arguments);
  if (fclose(out) == 0 && line->count < 255) {
    line->each[line->count++] = word;
    line->each[line->count] = NULL;
  } else {
    free(word);
  }
}

void free_line(struct line* line) {
  while (line->count > 0) free(line->each[--line->count]);
}

/* Nothing is mounted: the environment says what would be. */
static void add_mounts(struct line* line, cleat_list mounts) {
  char* text = NULL;
  size_t size = 0;
  FILE* out = open_memstream(&text, &size);
  for (uint32_t i = 0; out && i < mounts.count; ++i) {
    const cleat_struct mount = cleat_nth_struct(mounts, i);
    fprintf(out, "%s%s=%s", i ? ":" : "", cleat_get_text(mount, role_Mount_containerPath),
            cleat_get_text(mount, role_Mount_hostPath));
  }
  if (out && fclose(out) == 0) add(line, "CLEAT_MOUNTS=%s", text);
  free(text);
}

static void add_texts(struct line* line, cleat_list texts) {
  for (uint32_t i = 0; i < texts.count; ++i) add(line, "%s", cleat_nth_text(texts, i));
}

int command_line(const struct processes* all, cleat_struct config, cleat_list other, struct line* line,
                 struct trouble* trouble) {
  const cleat_struct security = cleat_get_struct(config, role_ContainerConfig_security);
  /* Stored XORed with their default, -1. */
  const int64_t user = cleat_get_i64(security, role_Security_runAsUser) ^ -1;
  const int64_t group = cleat_get_i64(security, role_Security_runAsGroup) ^ -1;
  const char* folder = cleat_get_text(config, role_ContainerConfig_workingDir);
  const cleat_list env = cleat_get_list(config, role_ContainerConfig_env);
  char image[PATH];
  line->count = 0;
  if (image_folder(all, cleat_get_text(config, role_ContainerConfig_image), image, trouble) != 0) return -1;
  if (cleat_get_bool(security, role_Security_runAsNonRoot) && user <= 0)
    return fail(trouble, 400, "container has runAsNonRoot and would run as root: give it runAsUser");
  if (user >= 0) {
    add(line, "/usr/bin/setpriv");
    add(line, "--reuid=%lld", (long long)user);
    add(line, "--regid=%lld", (long long)(group >= 0 ? group : user));
    add(line, "--clear-groups");
    add(line, "--");
  }
  add(line, "/usr/bin/env");
  add(line, "-i");
  add(line, "-C");
  add(line, "%s", *folder ? folder : image);
  add(line, "%s:%s/bin", search_path, image);
  add_mounts(line, cleat_get_list(config, role_ContainerConfig_mounts));
  for (uint32_t i = 0; i < env.count; ++i) {
    const cleat_struct pair = cleat_nth_struct(env, i);
    add(line, "%s=%s", cleat_get_text(pair, role_Pair_key), cleat_get_text(pair, role_Pair_value));
  }
  if (other.count > 0) {
    add_texts(line, other);
  } else {
    const cleat_list command = cleat_get_list(config, role_ContainerConfig_command);
    if (command.count == 0) add(line, "%s/run", image);
    add_texts(line, command);
    add_texts(line, cleat_get_list(config, role_ContainerConfig_args));
  }
  return line->count < 255 ? 0 : fail(trouble, 400, "the command has too many words");
}

/* ------------------------------------------------------------------------- what has become -- */

int64_t written_at(const struct processes* all, const char* which, const char* id, const char* file) {
  char path[PATH];
  struct stat facts;
  path_of(all, which, id, file, path);
  return stat(path, &facts) == 0 ? (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec : 0;
}

static int number_in(const struct processes* all, const char* id, const char* file) {
  char path[PATH];
  char* text;
  int number;
  path_of(all, "containers", id, file, path);
  text = cleat_read_file(path, NULL);
  number = text ? atoi(text) : 0;
  free(text);
  return number;
}

/* The process that the file names, if it is still there: a number that is another's by now leads no session. */
static int session_in(const struct processes* all, const char* id, const char* file) {
  const int pid = number_in(all, id, file);
  return pid > 0 && getsid(pid) == pid ? pid : 0;
}

int pid_of(const struct processes* all, const char* id) {
  return written_at(all, "containers", id, "exit") == 0 ? session_in(all, id, "pid") : 0;
}

int state_of(const struct processes* all, const char* id) {
  if (written_at(all, "containers", id, "exit")) return role_ContainerState_exited;
  if (!written_at(all, "containers", id, "pid")) return role_ContainerState_created;
  /* Whoever waits for the process writes how it ended. Where nobody does, the machine was started anew. */
  return session_in(all, id, "keeper") ? role_ContainerState_running : role_ContainerState_exited;
}

int exit_code_of(const struct processes* all, const char* id) {
  return written_at(all, "containers", id, "exit") ? number_in(all, id, "exit") : 255;
}

/* Waits until it is in another state than this, for so long at most. */
static int leaves(const struct processes* all, const char* id, int state, int64_t most_ms) {
  const struct timespec pause = {0, LOOK_EVERY_MS * 1000000};
  for (int64_t waited = 0; state_of(all, id) == state; waited += LOOK_EVERY_MS) {
    if (waited >= most_ms) return 0;
    nanosleep(&pause, NULL);
  }
  return 1;
}

/* ------------------------------------------------------------------------ starting and ending -- */

/* Nobody's child from its beginning, since it may outlive the plugin. */
static int begin_keeper(const struct processes* all, const char* id, const char* log, const struct line* line) {
  char script[PATH], folder[PATH];
  char* argv[264] = {(char*)"/usr/bin/setsid", (char*)"--fork", (char*)"/bin/sh", script, folder, (char*)log};
  char* environment[] = {search_path, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child;
  int failed;
  snprintf(script, sizeof script, "%s/run.sh", all->root);
  path_of(all, "containers", id, "", folder);
  memcpy(argv + 6, line->each, (size_t)line->count * sizeof *argv);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  failed = posix_spawn(&child, argv[0], &actions, NULL, argv, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (!failed) waitpid(child, NULL, 0);
  errno = failed;
  return failed ? -1 : 0;
}

void start_container(const struct processes* all, const char* id, struct trouble* trouble) {
  cleat_words words, pod_words = {NULL, 0};
  const cleat_struct config = load(all, "containers", id, &words);
  const cleat_struct pod = load(all, "sandboxes", cleat_get_text(config, role_ContainerConfig_sandboxId), &pod_words);
  const cleat_list none = {0};
  struct line line = {{NULL}, 0};
  char log[PATH];
  if (!words.data || !pod_words.data) {
    fail(trouble, 404, "there is no container %.200s", id);
  } else if (state_of(all, id) == role_ContainerState_created && command_line(all, config, none, &line, trouble) == 0) {
    snprintf(log, sizeof log, "%s/%s", cleat_get_text(pod, role_SandboxConfig_logDirectory),
             cleat_get_text(config, role_ContainerConfig_logPath));
    *strrchr(log, '/') = 0;
    cleat_make_folders(log);
    log[strlen(log)] = '/';
    if (begin_keeper(all, id, log, &line) != 0) {
      fail(trouble, 500, "container %.200s cannot be started: %s", id, strerror(errno));
    } else if (!leaves(all, id, role_ContainerState_created, START_LIMIT_MS)) {
      fail(trouble, 500, "container %.200s has not started", id);
    }
  }
  free_line(&line);
  free((void*)words.data);
  free((void*)pod_words.data);
}

static int signal_of(const char* name) {
  static const struct {
    const char* name;
    int number;
  } known[] = {{"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT}, {"SIGHUP", SIGHUP},
               {"SIGKILL", SIGKILL}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}};
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
    if (strcmp(name, known[i].name) == 0) return known[i].number;
  }
  return SIGTERM;
}

void stop_container(const struct processes* all, const char* id, int64_t timeout_seconds, struct trouble* trouble) {
  const int running = role_ContainerState_running, leader = pid_of(all, id);
  cleat_words words;
  cleat_struct config;
  if (state_of(all, id) != running) return;
  config = load(all, "containers", id, &words);
  if (leader && timeout_seconds > 0) kill(-leader, signal_of(cleat_get_text(config, role_ContainerConfig_stopSignal)));
  free((void*)words.data);
  if (leaves(all, id, running, timeout_seconds * 1000)) return;
  if (leader) kill(-leader, SIGKILL);
  if (!leaves(all, id, running, START_LIMIT_MS)) fail(trouble, 500, "container %.200s cannot be killed", id);
}
