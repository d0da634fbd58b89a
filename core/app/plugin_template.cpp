#include "core/app/plugin_template.h"

#include <cleat/sdk/text.h>

#include <algorithm>
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

#include "core/app/installation.h"

#define TEMPLATE_FILE(file, symbol) extern "C" const char symbol##_begin[], symbol##_end[];
#include "template_files.inc"
#undef TEMPLATE_FILE

namespace cleat::app {
namespace {

// What fits into a manifest, a file's name and TOML alike.
constexpr size_t kLongestName = 63;
// Of a proxy the configuration names what follows.
constexpr std::string_view kProxy = "proxy-";
// Where the SDK is said to be by a program that was not installed with it.
constexpr const char* kUsualSdk = "/opt/cleat";
// Stands for the id of a schema in the template of kinds.
constexpr std::string_view kTemplateId = "c0ffee0000000001";

struct TemplateFile {
  std::string_view path;
  std::string_view text;
};

// "admission/my_plugin.cpp": of that role's plugin; "admission.c/my_plugin.c": in its place in plain C;
// "CMakeLists.txt": of each that has none of its own.
const std::vector<TemplateFile>& templateFiles() {
  static const std::vector<TemplateFile> kFiles = {
#define TEMPLATE_FILE(file, symbol) {file, {symbol##_begin, size_t(symbol##_end - symbol##_begin)}},
#include "template_files.inc"
#undef TEMPLATE_FILE
  };
  return kFiles;
}

constexpr std::string_view kPlainC = ".c";

// What is in another language for a plugin in C; its tests are not.
bool isSourceInCpp(const std::string& file) { return file.ends_with(".cpp") && !file.ends_with("_test.cpp"); }

std::set<std::string> templateFolders() {
  std::set<std::string> folders;
  for (const TemplateFile& file : templateFiles()) {
    const size_t slash = file.path.find('/');
    if (slash != std::string_view::npos) folders.emplace(file.path.substr(0, slash));
  }
  return folders;
}

// What a plugin of the role consists of, by the files' names.
std::map<std::string, std::string_view> filesOf(const std::string& role, PluginLanguage language) {
  std::map<std::string, std::string_view> files;
  auto take = [&](std::string_view folder) {
    for (const TemplateFile& file : templateFiles()) {
      const size_t slash = file.path.find('/');
      const bool common = slash == std::string_view::npos;
      if ((common ? std::string_view() : file.path.substr(0, slash)) != folder) continue;
      files.insert_or_assign(std::string(common ? file.path : file.path.substr(slash + 1)), file.text);
    }
  };
  take("");
  take(role);
  if (language == PluginLanguage::plainC) {
    std::erase_if(files, [](const auto& file) { return isSourceInCpp(file.first); });
    take(concat(role, kPlainC));
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

std::string renamed(std::string_view text, const std::string& name, const std::string& folder) {
  // Where the build that the README describes puts it.
  std::string out = replaceAll(std::string(text), "/path/to/my-plugin.so", concat(folder, "/build/", name, ".so"));
  const std::string sdk = installedSdk();
  out = replaceAll(std::move(out), "/path/to/cleat", sdk.empty() ? kUsualSdk : sdk);
  out = replaceAll(std::move(out), "my-plugin", name);
  out = replaceAll(std::move(out), "my-mode", name.substr(std::min(name.size(), kProxy.size())));
  out = replaceAll(std::move(out), "my_plugin", replaceAll(name, "-", "_"));
  if (out.find(kTemplateId) != std::string::npos) out = replaceAll(std::move(out), kTemplateId, newSchemaId());
  return replaceAll(std::move(out), "MyPlugin", camelCase(name));
}

}  // namespace

std::vector<std::string> templateRoles() {
  std::vector<std::string> roles;
  for (const std::string& folder : templateFolders()) {
    if (!folder.ends_with(kPlainC)) roles.push_back(folder);
  }
  return roles;
}

namespace {

int complain(int code, const std::string& message) {
  std::fprintf(stderr, "cleat: %s\n", message.c_str());
  return code;
}

std::string rolesInC() {
  std::string roles;
  for (const std::string& folder : templateFolders()) {
    if (!folder.ends_with(kPlainC)) continue;
    roles += concat(roles.empty() ? "" : ", ", folder.substr(0, folder.size() - kPlainC.size()));
  }
  return roles;
}

}  // namespace

int newPluginCommand(const std::string& role, PluginLanguage language, const std::string& name,
                     const std::string& folder) {
  if (!isPluginName(name)) {
    return complain(2, concat(name, ": a plugin's name is at most ", kLongestName,
                              " lower-case letters, digits and single dashes, a letter first"));
  }
  if (role == "proxy" && (!name.starts_with(kProxy) || name.size() == kProxy.size())) {
    return complain(2, concat(name, ": a proxy's plugin is called proxy-MODE, as [proxy] mode names it"));
  }
  if (language == PluginLanguage::plainC && !templateFolders().contains(concat(role, kPlainC))) {
    return complain(2, concat("there is no plugin in C to begin with for the role ", role,
                              "; there is for: ", rolesInC(), " (all others are in C++)"));
  }
  const std::filesystem::path into = folder.empty() ? name : folder;
  std::error_code error;
  if (into.has_parent_path()) std::filesystem::create_directories(into.parent_path(), error);
  if (error || !std::filesystem::create_directory(into, error)) {
    return complain(
        1, concat("cannot make the folder ", into.string(), ": ", error ? error.message() : "it is there already"));
  }
  const std::string whole = std::filesystem::canonical(into, error).string();
  for (const auto& [file, text] : filesOf(role, language)) {
    const std::filesystem::path path = into / renamed(file, name, whole);
    std::ofstream out(path, std::ios::binary);
    out << renamed(text, name, whole);
    out.close();
    if (!out) return complain(1, concat("cannot write ", path.string(), ": ", std::strerror(errno)));
  }
  std::printf("%s/README.md says how to build, test and load it\n", into.c_str());
  return 0;
}

}  // namespace cleat::app
