#include "core/app/plugin_template.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#define EMBEDDED(name) extern "C" const char cleat_template_##name##_begin[], cleat_template_##name##_end[]
EMBEDDED(CMakeLists_txt);
EMBEDDED(README_md);
EMBEDDED(my_plugin_cpp);
EMBEDDED(my_plugin_test_cpp);
#undef EMBEDDED

namespace cleat::app {
namespace {

// What fits into a manifest, a file's name and TOML alike.
constexpr size_t kLongestName = 63;

struct TemplateFile {
  const char* name;
  std::string_view text;
};

std::vector<TemplateFile> templateFiles() {
#define FILE_OF(file, name)                                                                                      \
  TemplateFile {                                                                                                 \
    file, { cleat_template_##name##_begin, size_t(cleat_template_##name##_end - cleat_template_##name##_begin) } \
  }
  return {FILE_OF("CMakeLists.txt", CMakeLists_txt), FILE_OF("README.md", README_md),
          FILE_OF("my_plugin.cpp", my_plugin_cpp), FILE_OF("my_plugin_test.cpp", my_plugin_test_cpp)};
#undef FILE_OF
}

bool isPluginName(const std::string& name) {
  bool good = !name.empty() && name.size() <= kLongestName && std::islower(static_cast<unsigned char>(name[0])) &&
              name.back() != '-' && name.find("--") == std::string::npos;
  for (unsigned char c : name) good = good && (std::islower(c) || std::isdigit(c) || c == '-');
  return good;
}

std::string replaceAll(std::string text, std::string_view what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string camelCase(const std::string& name) {
  std::string out;
  bool begins = true;
  for (char c : name) {
    if (c != '-') out += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = c == '-';
  }
  return out;
}

std::string renamed(std::string_view text, const std::string& name) {
  std::string out = replaceAll(std::string(text), "my-plugin", name);
  out = replaceAll(std::move(out), "my_plugin", replaceAll(name, "-", "_"));
  return replaceAll(std::move(out), "MyPlugin", camelCase(name));
}

}  // namespace

int newPluginCommand(const std::string& name, const std::string& folder) {
  if (!isPluginName(name)) {
    std::fprintf(
        stderr,
        "cleat: %s: a plugin's name is at most %zu lower-case letters, digits and single dashes, a letter first\n",
        name.c_str(), kLongestName);
    return 2;
  }
  const std::filesystem::path into = folder.empty() ? name : folder;
  std::error_code error;
  if (!std::filesystem::create_directory(into, error)) {
    std::fprintf(stderr, "cleat: cannot make the folder %s: %s\n", into.c_str(),
                 error ? error.message().c_str() : "it is there already");
    return 1;
  }
  for (const TemplateFile& file : templateFiles()) {
    const std::filesystem::path path = into / renamed(file.name, name);
    std::ofstream out(path, std::ios::binary);
    out << renamed(file.text, name);
    out.close();
    if (!out) {
      std::fprintf(stderr, "cleat: cannot write %s: %s\n", path.c_str(), std::strerror(errno));
      return 1;
    }
  }
  std::printf("%s/README.md says how to build, test and load it\n", into.c_str());
  return 0;
}

}  // namespace cleat::app
