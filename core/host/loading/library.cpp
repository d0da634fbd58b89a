#include "core/host/loading/library.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <map>
#include <tuple>
#include <vector>

#include "core/host/fault_handler.h"
#include "core/host/loading/companions.h"
#include "core/host/loading/manifest.h"

namespace cleat::host {
namespace {

std::string lastError() {
  const char* why = dlerror();
  return why ? why : "for an unknown reason";
}

Result<const cleat_plugin*> tableOf(const std::string& file, void* library) {
  void* symbol = dlsym(library, CLEAT_PLUGIN_SYMBOL);
  if (!symbol) return refuse(file, "does not export the function " CLEAT_PLUGIN_SYMBOL);
  auto function = reinterpret_cast<cleat_plugin_function>(symbol);
  try {
    return function();
  } catch (const std::exception& error) {
    return refuse(file, std::string(CLEAT_PLUGIN_SYMBOL " threw: ") + error.what());
  } catch (...) {
    return refuse(file, CLEAT_PLUGIN_SYMBOL " threw an exception");
  }
}

// Up to where the first version of the table reached.
constexpr size_t kFirstTable = offsetof(cleat_plugin, stop) + sizeof(cleat_plugin::stop);

// A file in memory with the same content, which nobody can write any more; -1 with errno set.
int copyOf(const std::string& file, const std::string& name) {
  const int from = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return -1;
  const int copy = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ssize_t sent = copy < 0 ? -1 : 1;
  while (sent > 0) sent = sendfile(copy, from, nullptr, 1 << 30);
  if (sent == 0 && fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) sent = -1;
  const int error = errno;
  close(from);
  if (sent == 0) return copy;
  if (copy >= 0) close(copy);
  errno = error;
  return -1;
}

constexpr int kHow = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;

// The linker tells libraries apart by the names that they are opened by, and none of them ever goes: so the descriptor,
// which is the name of a copy, stays too, lest the next one is taken for it.
void* openCopy(const std::string& file, const std::string& name) {
  const int copy = copyOf(file, name);
  if (copy < 0) return nullptr;
  void* library = dlopen(concat("/proc/self/fd/", copy).c_str(), kHow);
  if (!library) close(copy);
  return library;
}

void* openCopyOfAll(const std::string& file, const std::string& name) {
  // What comes with it is found by its name, once it is there: a copy has nothing beside itself.
  std::vector<std::string> companions = companionsOf(file);
  std::ranges::reverse(companions);
  for (const std::string& companion : companions) {
    const std::string base = std::filesystem::path(companion).filename();
    if (!dlopen(base.c_str(), kHow | RTLD_NOLOAD)) openCopy(companion, base);
  }
  return openCopy(file, name);
}

// Whether the path named another file when it was opened first, which the linker would give again.
bool isReplaced(const std::string& path) {
  static Mutex mutex;
  static std::map<std::string, std::tuple<dev_t, ino_t, off_t, int64_t, int64_t>> opened;
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return false;
  const std::tuple now{status.st_dev, status.st_ino, status.st_size, int64_t{status.st_mtim.tv_sec},
                       int64_t{status.st_mtim.tv_nsec}};
  MutexLock lock(mutex);
  return opened.try_emplace(path, now).first->second != now;
}

void* openLibrary(const std::string& file, const std::string& name, Loading loading) {
  const std::string path = std::filesystem::absolute(file);
  if (loading == Loading::privateCopy || isReplaced(path)) {
    if (void* library = openCopyOfAll(path, name)) return library;
  }
  // A path with a slash, so that the linker does not search its folders.
  return dlopen(path.c_str(), kHow);
}

}  // namespace

Result<const cleat_plugin*> loadLibrary(const std::string& file, const Manifest& manifest, Loading loading) {
  void* library = nullptr;
  try {
    library = openLibrary(file, manifest.name, loading);
  } catch (const std::exception& thrown) {
    return refuse(file, std::string("a constructor in it threw: ") + thrown.what());
  }
  if (!library) return refuse(file, "cannot be loaded: " + lastError());
  CLEAT_TRY(auto table, tableOf(file, library));
  const cleat_plugin* plugin = table;
  if (!plugin || plugin->struct_size < kFirstTable || !plugin->manifest || !plugin->start || !plugin->deliver ||
      !plugin->stop) {
    return refuse(file, "its table of functions is incomplete");
  }
  rememberCode(manifest.name, reinterpret_cast<const void*>(plugin->start));
  if (manifest.name != plugin->manifest->name || manifest.version != plugin->manifest->version) {
    return refuse(file, "its manifest in memory is not the one in its file");
  }
  return plugin;
}

}  // namespace cleat::host
