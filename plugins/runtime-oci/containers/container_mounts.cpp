// The parts of Containers that stack images' layers: the root filesystem, and images that are mounted as volumes.
#include "containers/containers.h"
#include "containers/sandboxes.h"
#include "machine/namespaces.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
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

}  // namespace

Result<void> Containers::mountRootfs(const ContainerRecord& record) const {
  std::string folder = folderOf(record.id);
  std::string stack = folder + "/stacks/rootfs";
  CLEAT_TRY(linkLayers(stack, settings_.layersFolder, record.layers));
  std::string options =
      "lowerdir=" + stackOf(record.layers.size()) + ",upperdir=" + folder + "/upper,workdir=" + folder + "/work";
  return insideFolder(stack, [&]() -> Result<void> {
    if (mount("overlay", (folder + "/rootfs").c_str(), "overlay", 0, options.c_str()) != 0)
      return fail(systemError("cannot stack the layers of the image at " + folder + "/rootfs", errno));
    return {};
  });
}

// Each image once for each mount of it; what the container mounts is below.
Result<void> Containers::mountImages(ContainerRecord& record) const {
  int count = 0;
  for (BindMount& each : record.wish.mounts) {
    if (each.image.empty()) continue;
    std::string target = concat(folderOf(record.id), "/images/", count);
    std::string stack = concat(folderOf(record.id), "/stacks/", count++);
    CLEAT_TRY(makeFolders(target, 0755));
    CLEAT_TRY(linkLayers(stack, settings_.layersFolder, each.layers));
    auto mounted = insideFolder(stack, [&]() -> Result<void> {
      // An overlay without an upper folder takes two layers at least.
      int result = each.layers.size() == 1 ? mount("0", target.c_str(), nullptr, MS_BIND, nullptr)
                                           : mount("overlay", target.c_str(), "overlay", MS_RDONLY,
                                                   ("lowerdir=" + stackOf(each.layers.size())).c_str());
      if (result != 0 && !each.layers.empty())
        return fail(systemError("cannot stack the layers of the image " + each.image, errno));
      return {};
    });
    if (!mounted) return mounted;
    CLEAT_TRY(auto place, placeInside(target, each.imageSubPath.empty() ? "." : each.imageSubPath));
    each.hostPath = std::move(place);
  }
  return {};
}

Result<void> Containers::unmountAll(const ContainerRecord& record) const {
  std::string folder = folderOf(record.id);
  auto images = listFolder(folder + "/images");
  for (const std::string& name : images.value_or(std::vector<std::string>()))
    if (auto done = unmount(folder + "/images/" + name); !done) return done;
  return unmount(folder + "/rootfs");
}

}  // namespace cleat::runtime
