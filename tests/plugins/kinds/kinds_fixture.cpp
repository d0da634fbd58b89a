#include "kinds_fixture.h"

#include <dlfcn.h>

namespace cleat::test {

const cleat_plugin* loadPlugin(const std::string& name) {
  std::string path = concat(KINDS_PLUGINS, "/", name, ".so");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  auto function = reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL));
  return function();
}

}  // namespace cleat::test
