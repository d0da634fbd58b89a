#include "core/host/loading/library.h"

#include <cleat/sdk/text.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <exception>
#include <filesystem>

#include "core/host/fault_handler.h"
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

void* openLibrary(const std::string& file, const std::string& name, Loading loading) {
  if (loading == Loading::privateCopy) {
    const int copy = copyOf(file, name);
    if (copy >= 0) {
      void* library = dlopen(concat("/proc/self/fd/", copy).c_str(), kHow);
      close(copy);
      if (library) return library;
      // One that looks for other libraries beside itself does not find them from there.
    }
  }
  // A path with a slash, so that the linker does not search its folders.
  return dlopen(std::filesystem::absolute(file).c_str(), kHow);
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
