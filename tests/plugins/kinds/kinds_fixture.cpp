#include "kinds_fixture.h"

#include <cleat/sdk/json_tree.h>
#include <dlfcn.h>

#include <cstdlib>
#include <fstream>

#include "policy-common/object_json.h"

namespace cleat::test {

const cleat_plugin* loadPlugin(const std::string& name) {
  std::string path = concat(KINDS_PLUGINS, "/", name, ".so");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  auto function = reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL));
  return function();
}

void keepRule(const Resource& of, const AnyRef& object, const std::vector<std::string>& findings) {
  const char* file = std::getenv("CLEAT_RULES_FILE");
  if (file == nullptr || findings.empty()) return;
  std::string line = "{\"resource\":";
  appendJsonText(line, of.resource);
  line += ",\"object\":";
  if (!policy::appendObjectJson(line, object, {of.group, of.version, of.kind}, false)) return;
  line += ",\"findings\":[";
  for (size_t i = 0; i < findings.size(); ++i) {
    if (i > 0) line += ',';
    appendJsonText(line, findings[i]);
  }
  std::ofstream(file, std::ios::app) << line << "]}\n";
}

}  // namespace cleat::test
