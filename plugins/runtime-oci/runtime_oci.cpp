#include "runtime_oci.h"

#include <cleat/schema/role/runtime.interface.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/text.h>

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cleat::runtime {
namespace {

const std::string kRunFolder = "/run/cleat";

// Where this shared object lies: the pause program is installed beside it.
std::string ownFolder() {
  Dl_info facts{};
  if (dladdr(reinterpret_cast<const void*>(&ownFolder), &facts) == 0 || facts.dli_fname == nullptr) return ".";
  std::string path = facts.dli_fname;
  return path.substr(0, path.rfind('/'));
}

// A folder on a tmpfs that is the same for the same data folder, and short enough for the paths of sockets.
std::string defaultRunFolder(const std::string& dataDir) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : dataDir) hash = (hash ^ c) * 0x100000001b3;
  std::string name = kRunFolder + "/runtime-";
  for (int digit = 0; digit < 12; ++digit, hash >>= 4) name += "0123456789abcdef"[hash & 15];
  return name;
}

// Users of a pod's own are nobody on the machine, and are to come to their root filesystem: through these folders,
// without seeing what else is in them. A folder above that somebody else has made stays as it is.
Result<void> openTheWay(const std::string& runFolder) {
  CLEAT_TRY(makeFolders(runFolder, 0711));
  std::vector<std::string> folders{runFolder};
  if (runFolder.starts_with(kRunFolder + "/")) folders.push_back(kRunFolder);
  for (const std::string& folder : folders)
    if (chmod(folder.c_str(), 0711) != 0) return fail(systemError("cannot set the mode of " + folder, errno));
  return {};
}

}  // namespace

Pods::Settings RuntimeOci::podSettings() const {
  const std::string& data = config().dataDir();
  std::string pause = config().string("pause"), seccomp = config().string("seccomp_dir");
  return {.sandboxes = {data + "/sandboxes", runFolder_, pause.empty() ? ownFolder() + "/cleat-pause" : pause},
          .containers = {.folder = data + "/containers",
                         .exitFolder = data + "/exits",
                         .runFolder = runFolder_,
                         .layersFolder = data + "/images/layers",
                         .runtime = config().string("runtime"),
                         .conmon = config().string("conmon"),
                         .seccompFolder = seccomp.empty() ? data + "/seccomp" : seccomp,
                         .cdiFolders = config().list("cdi_dirs")}};
}

Result<void> RuntimeOci::checkPrograms(const Pods::Settings& settings) const {
  if (geteuid() != 0) return fail(Status::forbidden("runtime-oci needs root: it makes namespaces and mounts"));
  for (const std::string& program :
       {settings.containers.runtime, settings.containers.conmon, settings.sandboxes.pauseProgram})
    if (access(program.c_str(), X_OK) != 0) return fail(systemError("cannot execute " + program, errno));
  return {};
}

Result<ImageLimits> RuntimeOci::imageLimits() const {
  ImageLimits limits;
  for (const auto& [name, limit] : std::initializer_list<std::pair<const char*, uint64_t*>>{
           {"max_image_bytes", &limits.bytes},
           {"max_layer_bytes", &limits.layer.bytes},
           {"max_layer_entries", &limits.layer.entries},
           {"max_layer_ratio", &limits.layer.ratio},
           {"layer_ratio_floor_bytes", &limits.layer.ratioFloorBytes}}) {
    int64_t value = config().integer(name);
    if (value <= 0) return fail(Status::badRequest(concat(name, ": must be more than 0, and is ", value)));
    *limit = uint64_t(value);
  }
  return limits;
}

void RuntimeOci::makeParts(const Pods::Settings& settings, const Cgroups& cgroups, const ImageLimits& limits) {
  FetchSettings fetch{.skopeo = config().string("skopeo"),
                      .registriesConf = config().string("registries_conf"),
                      .insecureRegistries = config().list("insecure_registries")};
  reactor_ = std::make_unique<Reactor>();
  store_ = std::make_unique<ImageStore>(config().dataDir() + "/images", limits);
  offers_ = std::make_unique<StreamOffers>(*reactor_, runFolder_ + "/streams");
  pods_ = std::make_unique<Pods>(context(), settings, cgroups, *store_, *reactor_);
  fetches_ = std::make_unique<FetchQueue>(context(), *store_, std::move(fetch));
}

Task<Result<void>> RuntimeOci::start() {
  runFolder_ = config().string("run_dir");
  if (runFolder_.empty()) runFolder_ = defaultRunFolder(config().dataDir());
  Pods::Settings settings = podSettings();
  CLEAT_CO_TRY(checkPrograms(settings));
  CLEAT_CO_TRY(auto cgroups, Cgroups::detect());
  CLEAT_CO_TRY(ImageLimits limits, imageLimits());
  makeParts(settings, cgroups, limits);
  auto prepare = [this]() -> Result<std::vector<std::string>> {
    CLEAT_TRY(openTheWay(runFolder_));
    CLEAT_TRY(removeTree(runFolder_ + "/exec"));
    CLEAT_TRY(makeFolders(runFolder_ + "/exec", 0700));
    CLEAT_TRY(offers_->open());
    // For whoever cleans up the node without us, even when somebody has deleted the data folder before.
    CLEAT_TRY(writeFile(config().dataDir() + "/run_dir", runFolder_ + "\n"));
    CLEAT_TRY(writeFile(runFolder_ + "/data_dir", config().dataDir() + "\n"));
    return store_->open();
  };
  CLEAT_CO_TRY(std::vector<std::string> problems, co_await context().blocking(prepare));
  for (const std::string& problem : problems) log().warn(problem);
  CLEAT_CO_TRY(co_await pods_->open());
  if (!pods_->abilities().userNamespaces)
    log().info("pods with hostUsers: false are refused: ", pods_->abilities().whyNoUserNamespaces);
  auto collect = [store = store_.get()] { store->collect(); };
  co_await context().blocking(collect);
  log().info("runs containers with ", settings.containers.runtime, " on cgroups ", cgroups.describe(), "; found ",
             pods_->sandboxes().size(), " sandboxes and ", pods_->containers().size(), " containers");
  co_return Result<void>();
}

void RuntimeOci::stop() {
  if (fetches_) fetches_->stop();
  if (reactor_) reactor_->stop();
}

}  // namespace cleat::runtime

CLEAT_PLUGIN(
    cleat::runtime::RuntimeOci, .name = "runtime-oci", .version = "0.1.0", .maturity = "beta", .roles = "runtime",
    .configSchema =
        "runtime string /usr/sbin/runc # the OCI runtime: runc or crun\n"
        "conmon string /usr/bin/conmon # watches a container while we may be gone\n"
        "skopeo string /usr/bin/skopeo # fetches images\n"
        "pause string \"\" # the pause program; cleat-pause beside the plugin\n"
        "seccomp_dir string \"\" # profiles that pods may name; below the data directory: seccomp\n"
        "cdi_dirs list [\"/etc/cdi\", \"/var/run/cdi\"] # where it is said what devices need, the later over the "
        "earlier\n"
        "run_dir string \"\" # what need not outlive a reboot; below /run/cleat\n"
        "insecure_registries list [] # registries without TLS, as \"127.0.0.1:5000\"\n"
        "registries_conf string \"\" # mirrors of registries, as containers-registries.conf(5) has them\n"
        "max_image_bytes int 137438953472 # all layers of an image together, unpacked\n"
        "max_layer_bytes int 34359738368 # a layer, unpacked\n"
        "max_layer_entries int 4000000 # files, folders and links in a layer\n"
        "max_layer_ratio int 200 # unpacked bytes of a layer to its packed ones\n"
        "layer_ratio_floor_bytes int 67108864 # a layer that unpacks to less may have any ratio\n");
CLEAT_BRINGS(cleat::role::runtime);
