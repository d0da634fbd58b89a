#include "manifest_folder.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace cleat::manifests {
namespace {

constexpr std::string_view kBetween = "---";

bool isManifest(const std::string& name) {
  return !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

// Whether a line begins another document.
bool isBetween(std::string_view line) {
  return line.starts_with(kBetween) && (line.size() == kBetween.size() || line[kBetween.size()] == ' ' ||
                                        line[kBetween.size()] == '\t' || line[kBetween.size()] == '\r');
}

bool saysSomething(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first != std::string_view::npos && line[first] != '#';
}

}  // namespace

std::vector<std::string> documentsOf(std::string_view text) {
  std::vector<std::string> documents;
  std::string document;
  bool says = false;
  auto end = [&] {
    if (says) documents.push_back(std::move(document));
    document.clear();
    says = false;
  };
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (isBetween(line)) {
      end();
      continue;
    }
    says = says || saysSomething(line);
    document += line;
    document += '\n';
  }
  end();
  return documents;
}

Result<std::vector<std::string>> readManifests(const std::string& folder) {
  // One that is absent is no empty one: it may be a disk that is not mounted yet.
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return fail(systemError("cannot read " + folder, errno));
  CLEAT_TRY(const std::vector<std::string> names, listFolder(folder));
  std::vector<std::string> all;
  for (const std::string& name : names) {
    if (!isManifest(name)) continue;
    CLEAT_TRY(const std::string text, readFile(concat(folder, "/", name)));
    for (std::string& document : documentsOf(text)) all.push_back(std::move(document));
  }
  return all;
}

}  // namespace cleat::manifests
