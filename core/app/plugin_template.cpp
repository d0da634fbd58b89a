#include "core/app/plugin_template.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#define TEMPLATE_FILE(file, symbol) extern "C" const char symbol##_begin[], symbol##_end[];
#include "template_files.inc"
#undef TEMPLATE_FILE

namespace cleat::app {
namespace {

// What fits into a manifest, a file's name and TOML alike.
constexpr size_t kLongestName = 63;
// Stands for the id of a schema in the template of kinds.
constexpr std::string_view kTemplateId = "c0ffee0000000001";

struct TemplateFile {
  std::string_view path;
  std::string_view text;
};

// "admission/my_plugin.cpp": of that role's plugin; "CMakeLists.txt": of each that has none of its own.
const std::vector<TemplateFile>& templateFiles() {
  static const std::vector<TemplateFile> kFiles = {
#define TEMPLATE_FILE(file, symbol) {file, {symbol##_begin, size_t(symbol##_end - symbol##_begin)}},
#include "template_files.inc"
#undef TEMPLATE_FILE
  };
  return kFiles;
}

// What a plugin of the role consists of, by the files' names.
std::map<std::string, std::string_view> filesOf(const std::string& role) {
  std::map<std::string, std::string_view> files;
  for (const TemplateFile& file : templateFiles()) {
    const std::string_view path = file.path;
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) {
      files.emplace(path, file.text);
    } else if (path.substr(0, slash) == role) {
      files.insert_or_assign(std::string(path.substr(slash + 1)), file.text);
    }
  }
  return files;
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

// A schema's id is its own, wherever it is written; the highest bit is always set.
std::string newSchemaId() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", random() | 0x80000000u, random());
  return text;
}

std::string renamed(std::string_view text, const std::string& name) {
  std::string out = replaceAll(std::string(text), "my-plugin", name);
  out = replaceAll(std::move(out), "my_plugin", replaceAll(name, "-", "_"));
  if (out.find(kTemplateId) != std::string::npos) out = replaceAll(std::move(out), kTemplateId, newSchemaId());
  return replaceAll(std::move(out), "MyPlugin", camelCase(name));
}

}  // namespace

std::vector<std::string> templateRoles() {
  std::set<std::string> roles;
  for (const TemplateFile& file : templateFiles()) {
    const size_t slash = file.path.find('/');
    if (slash != std::string_view::npos) roles.emplace(file.path.substr(0, slash));
  }
  return {roles.begin(), roles.end()};
}

int newPluginCommand(const std::string& role, const std::string& name, const std::string& folder) {
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
  for (const auto& [file, text] : filesOf(role)) {
    const std::filesystem::path path = into / renamed(file, name);
    std::ofstream out(path, std::ios::binary);
    out << renamed(text, name);
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
