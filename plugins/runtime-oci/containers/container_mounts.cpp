// The parts of Containers that stack images' layers: the root filesystem, and images that are mounted as volumes.
#include "containers/containers.h"
#include "containers/sandboxes.h"
#include "machine/namespaces.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace cleat::runtime {
namespace {

// A folder of links "0", "1"… to the layers, the lowest first: a mount's options must fit into a page, in which there
// is no room for the names of 127 layers.
Result<void> linkLayers(const std::string& folder, const std::string& layersFolder,
                        const std::vector<std::string>& layers) {
  CLEAT_TRY(removeTree(folder));
  CLEAT_TRY(makeFolders(folder, 0700));
  for (size_t i = 0; i < layers.size(); ++i)
    if (symlink((layersFolder + "/" + layers[i]).c_str(), concat(folder, "/", i).c_str()) != 0)
      return fail(systemError("cannot make the links of " + folder, errno));
  return {};
}

// The names of those links, the highest layer first, as overlayfs wants them.
std::string stackOf(size_t layers) {
  std::string stack;
  for (size_t i = layers; i > 0; --i) stack += concat(stack.empty() ? "" : ":", i - 1);
  return stack;
}

// Where a path inside `root` is on this machine, with links followed inside it.
Result<std::string> placeInside(const std::string& root, const std::string& path) {
  Fd folder(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail(systemError("cannot open " + root, errno));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd found(int(syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how)));
  if (!found) return fail(systemError("cannot find " + path + " in the image", errno));
  char place[PATH_MAX];
  ssize_t size = readlink(("/proc/self/fd/" + std::to_string(found.get())).c_str(), place, sizeof place);
  if (size <= 0) return fail(systemError("cannot find " + path + " in the image", errno));
  return std::string(place, size_t(size));
}

Result<Fd> userNamespaceOf(int pid) {
  std::string path = "/proc/" + std::to_string(pid) + "/ns/user";
  Fd found(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!found) return fail(systemError("cannot open the pod's user namespace " + path, errno));
  return found;
}

}  // namespace

std::string Containers::rootfsOf(const std::string& id, const SandboxRecord& sandbox) const {
  return sandbox.ids ? settings_.runFolder + "/roots/" + id : folderOf(id) + "/rootfs";
}

Result<void> Containers::prepareFolders(const ContainerRecord& record, const SandboxRecord& sandbox) const {
  std::string folder = folderOf(record.id), rootfs = rootfsOf(record.id, sandbox);
  for (const std::string& name : {rootfs, folder + "/upper", folder + "/work"})
    if (auto made = makeFolders(name, 0700); !made) return made;
  if (sandbox.ids) {
    if (chmod(settings_.runFolder.c_str(), 0711) != 0 || chmod((settings_.runFolder + "/roots").c_str(), 0711) != 0)
      return fail(systemError("cannot prepare " + rootfs, errno));
    for (const char* name : {"/upper", "/work"})
      if (chown((folder + name).c_str(), sandbox.ids.rootUid(), sandbox.ids.rootGid()) != 0)
        return fail(systemError("cannot prepare " + folder, errno));
  }
  // A container's root must be open to whatever user it runs as.
  if (chmod((folder + "/upper").c_str(), 0755) != 0) return fail(systemError("cannot prepare " + folder, errno));
  return {};
}

// The layers as this container sees them, by their numbers in `folder`: links to the store's own, or, for a pod with
// other ids, views of them that are mounted there.
Result<void> Containers::gatherLayers(const SandboxRecord& sandbox, const std::vector<std::string>& layers,
                                      const std::string& folder) const {
  if (!sandbox.ids) return linkLayers(folder, settings_.layersFolder, layers);
  CLEAT_TRY(auto userNamespace, userNamespaceOf(sandbox.pausePid));
  for (size_t i = 0; i < layers.size(); ++i) {
    CLEAT_TRY(auto view, idMappedMount(settings_.layersFolder + "/" + layers[i], userNamespace));
    CLEAT_TRY(attachMount(view, concat(folder, "/", i)));
  }
  return {};
}

Result<void> Containers::mountRootfs(const ContainerRecord& record, const SandboxRecord& sandbox) const {
  std::string folder = folderOf(record.id), target = rootfsOf(record.id, sandbox);
  std::string stack = folder + "/stacks/rootfs";
  CLEAT_TRY(gatherLayers(sandbox, record.layers, stack));
  std::string options =
      "lowerdir=" + stackOf(record.layers.size()) + ",upperdir=" + folder + "/upper,workdir=" + folder + "/work";
  return insideFolder(stack, [&]() -> Result<void> {
    if (::mount("overlay", target.c_str(), "overlay", 0, options.c_str()) != 0)
      return fail(systemError("cannot stack the layers of the image at " + target, errno));
    return {};
  });
}

// Each image once for each mount of it; what the container mounts is below.
Result<void> Containers::mountImages(ContainerRecord& record, const SandboxRecord& sandbox) const {
  int count = 0;
  for (BindMount& each : record.wish.mounts) {
    if (each.image.empty()) continue;
    std::string target = concat(folderOf(record.id), "/images/", count);
    std::string stack = concat(folderOf(record.id), "/stacks/", count++);
    CLEAT_TRY(makeFolders(target, 0755));
    CLEAT_TRY(gatherLayers(sandbox, each.layers, stack));
    auto mounted = insideFolder(stack, [&]() -> Result<void> {
      // An overlay without an upper folder takes two layers at least.
      int result = each.layers.size() == 1 ? ::mount("0", target.c_str(), nullptr, MS_BIND, nullptr)
                                           : ::mount("overlay", target.c_str(), "overlay", MS_RDONLY,
                                                     ("lowerdir=" + stackOf(each.layers.size())).c_str());
      if (result != 0 && !each.layers.empty())
        return fail(systemError("cannot stack the layers of the image " + each.image, errno));
      return {};
    });
    if (!mounted) return mounted;
    CLEAT_TRY(auto place, placeInside(target, each.imageSubPath.empty() ? "." : each.imageSubPath));
    each.hostPath = std::move(place);
    each.idMapped = false;  // its layers are
  }
  return {};
}

// What is to be seen with the ids of the pod's user namespace is mounted so beside the bundle, and from there.
Result<void> Containers::mapMounts(ContainerRecord& record, const SandboxRecord& sandbox) const {
  if (!sandbox.ids) return {};
  CLEAT_TRY(auto userNamespace, userNamespaceOf(sandbox.pausePid));
  CLEAT_TRY(makeFolders(folderOf(record.id) + "/mounts", 0700));
  int count = 0;
  for (BindMount& each : record.wish.mounts) {
    if (!each.idMapped) continue;
    std::string target = folderOf(record.id) + "/mounts/" + std::to_string(count++);
    CLEAT_TRY(auto view, idMappedMount(each.hostPath, userNamespace));
    CLEAT_TRY(attachMount(view, target));
    each.hostPath = target;
  }
  return {};
}

Result<void> Containers::unmountAll(const ContainerRecord& record) const {
  std::string folder = folderOf(record.id), root = settings_.runFolder + "/roots/" + record.id;
  // What lies on top first.
  for (const std::string& parent : {folder + "/images", folder + "/mounts"}) {
    auto mounts = listFolder(parent);
    for (const std::string& name : mounts.value_or(std::vector<std::string>()))
      if (auto done = unmount(parent + "/" + name); !done) return done;
  }
  CLEAT_TRY(unmount(folder + "/rootfs"));
  CLEAT_TRY(unmount(root));
  rmdir(root.c_str());
  auto stacks = listFolder(folder + "/stacks");
  for (const std::string& stack : stacks.value_or(std::vector<std::string>())) {
    auto layers = listFolder(folder + "/stacks/" + stack);
    for (const std::string& name : layers.value_or(std::vector<std::string>())) {
      CLEAT_TRY(unmount(concat(folder, "/stacks/", stack, "/", name)));
    }
  }
  return {};
}

Result<void> Containers::tryUserNamespace(int pid) const {
  CLEAT_TRY(auto userNamespace, userNamespaceOf(pid));
  // Folders that hold no mounts, as that of the containers does: what is mapped already is not mapped again.
  for (const std::string& each : {settings_.layersFolder, settings_.exitFolder}) {
    CLEAT_TRY(makeFolders(each, 0700));
    CLEAT_TRY(idMappedMount(each, userNamespace));
  }
  std::string way = settings_.runFolder;
  while ((way = way.substr(0, way.rfind('/'))) != "") {
    struct stat facts;
    if (stat(way.c_str(), &facts) != 0) return fail(systemError("cannot look at " + way, errno));
    if ((facts.st_mode & S_IXOTH) == 0)
      return fail(Status::forbidden(way + " lets nobody else through to the containers' root filesystems below " +
                                    settings_.runFolder + ": set run_dir"));
  }
  return {};
}

}  // namespace cleat::runtime
