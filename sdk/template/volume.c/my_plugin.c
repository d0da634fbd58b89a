/* Makes folders of the node usable as volumes: each by its handle, or by the name that a pod gives. In plain C, against
 * the binary contract alone (<cleat_abi.h>, which says who calls what, and when). */
#include <cleat/c/file.h>
#include <cleat/c/role/volume.h>
#include <cleat/c/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

CLEAT_C_MANIFEST(.name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "volume",
                 .config_schema = "folder string /var/lib/my-plugin # below it volumes are\n");
/* The host knows by this what the role can be asked, as no other plugin that fills it need be there. */
CLEAT_C_BRINGS(role_Volume);

struct plugin {
  cleat_self self;
  char folder[1024];
};

/* One call, which takes the time that mounting takes and so is done beside the strand; it has a copy of all it needs.
 */
struct mounting {
  cleat_waiter waiter;
  cleat_self self;
  uint64_t call;
  int unmounts, read_only;
  char source[1300], target[1024];
  const char* failed; /* what could not be done */
  int why;
};

static void describe(const struct plugin* plugin, uint64_t call) {
  static const char* const drivers[] = {"my-plugin.example.com"};
  uint64_t room[64];
  cleat_builder message = cleat_into(room, 64);
  const cleat_place results = cleat_new_root(&message, role_VolumeDescription_shape);
  cleat_set_texts(results, role_VolumeDescription_drivers, drivers, 1);
  cleat_set_texts(results, role_VolumeDescription_ephemeral, drivers, 1);
  cleat_reply(plugin->self, call, CLEAT_OK, &message);
}

static int is_same_folder(const char* one, const char* other) {
  struct stat a, b;
  return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int fails(struct mounting* work, const char* what) {
  work->failed = what;
  work->why = errno;
  return -1;
}

static int mount_folder(struct mounting* work) {
  const unsigned long flags = MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID | (work->read_only ? MS_RDONLY : 0);
  if (cleat_make_folders(work->source) != 0) return fails(work, "make");
  if (is_same_folder(work->source, work->target)) return 0;
  if (mount(work->source, work->target, NULL, MS_BIND, NULL) != 0) return fails(work, "mount");
  if (mount(NULL, work->target, NULL, flags, NULL) == 0) return 0;
  fails(work, "mount");
  umount2(work->target, UMOUNT_NOFOLLOW);
  return -1;
}

static void do_work(void* given) {
  struct mounting* work = given;
  if (!work->unmounts) {
    mount_folder(work);
  } else if (umount2(work->target, UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT) {
    fails(work, "unmount"); /* what is not mounted, or not any more, is success */
  }
}

static void done(cleat_waiter* waiter, const cleat_event* event) {
  struct mounting* work = (struct mounting*)waiter;
  char why[1200];
  uint64_t room[8];
  cleat_builder message = cleat_into(room, 8);
  (void)event;
  if (work->failed) {
    snprintf(why, sizeof why, "cannot %s %s: %s", work->failed, work->target, strerror(work->why));
    cleat_refuse(work->self, work->call, CLEAT_FAILED, 500, "InternalError", why);
  } else {
    if (!work->unmounts) cleat_new_root(&message, role_MountVolumeResults_shape);
    cleat_reply(work->self, work->call, CLEAT_OK, work->unmounts ? NULL : &message);
  }
  free(work);
}

/* The volume's name: of a pod's own that which it gives, else its handle. */
static const char* name_of(cleat_struct params) {
  const cleat_list attributes = cleat_get_list(params, role_MountVolumeParams_attributes);
  const char* name = cleat_get_text(params, role_MountVolumeParams_handle);
  for (uint32_t i = 0; i < attributes.count; ++i) {
    const cleat_struct attribute = cleat_nth_struct(attributes, i);
    if (strcmp(cleat_get_text(attribute, role_VolumeAttribute_key), "name") == 0)
      name = cleat_get_text(attribute, role_VolumeAttribute_value);
  }
  return name;
}

/* Asked once more after a crash of either side: what is mounted already is success. */
static void begin(const struct plugin* plugin, const cleat_event* event, int unmounts) {
  const cleat_struct params = cleat_root(event->payload.message);
  const char* target =
      cleat_get_text(params, unmounts ? role_UnmountVolumeParams_target : role_MountVolumeParams_target);
  const char* name = unmounts ? "" : name_of(params);
  struct mounting* work;
  char why[512];
  if (!unmounts && (*name == 0 || *name == '.' || strchr(name, '/') || strlen(name) > 255)) {
    snprintf(why, sizeof why, "name \"%.300s\": must be the name of a folder", name);
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 400, "BadRequest", why);
    return;
  }
  work = calloc(1, sizeof *work);
  if (!work || strlen(target) >= sizeof work->target) {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 500, "InternalError", "the path is too long");
    free(work);
    return;
  }
  work->waiter.come = done;
  work->self = plugin->self;
  work->call = event->token;
  work->unmounts = unmounts;
  work->read_only = !unmounts && cleat_get_bool(params, role_MountVolumeParams_readOnly);
  snprintf(work->source, sizeof work->source, "%s/%s", plugin->folder, name);
  strcpy(work->target, target);
  cleat_blocking(plugin->self, do_work, work, &work->waiter);
}

static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (cleat_come(event) || event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, role_Volume_id, role_Volume_describe)) {
    describe(plugin, event->token);
  } else if (cleat_calls(event, role_Volume_id, role_Volume_mount)) {
    begin(plugin, event, 0);
  } else if (cleat_calls(event, role_Volume_id, role_Volume_unmount)) {
    begin(plugin, event, 1);
  } else {
    cleat_no_such_method(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->folder, sizeof plugin->folder, "%s", cleat_setting_text(config, "folder", "/var/lib/my-plugin"));
  *instance = plugin;
  if (cleat_make_folders(plugin->folder) == 0) {
    cleat_ready(plugin->self);
  } else {
    cleat_not_ready(plugin->self, strerror(errno));
  }
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

CLEAT_C_PLUGIN(start, deliver, stop)
