#include "core/host/loading/library.h"

#include <dlfcn.h>

#include <exception>
#include <filesystem>

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

}  // namespace

Result<const cleat_plugin*> loadLibrary(const std::string& file, const Manifest& manifest) {
  // A path with a slash, so that the linker does not search its folders.
  std::string path = std::filesystem::absolute(file).string();
  void* library = nullptr;
  try {
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  } catch (const std::exception& thrown) {
    return refuse(file, std::string("a constructor in it threw: ") + thrown.what());
  }
  if (!library) return refuse(file, "cannot be loaded: " + lastError());
  CLEAT_TRY(auto table, tableOf(file, library));
  const cleat_plugin* plugin = table;
  if (!plugin || plugin->struct_size < sizeof(cleat_plugin) || !plugin->manifest || !plugin->start ||
      !plugin->deliver || !plugin->stop) {
    return refuse(file, "its table of functions is incomplete");
  }
  if (manifest.name != plugin->manifest->name || manifest.version != plugin->manifest->version) {
    return refuse(file, "its manifest in memory is not the one in its file");
  }
  return plugin;
}

}  // namespace cleat::host
