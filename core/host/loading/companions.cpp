#include "core/host/loading/companions.h"

#include <cleat/sdk/text.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "core/host/loading/elf_file.h"
#include "core/host/loading/manifest.h"

namespace cleat::host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEntries = 1024, kLongestTexts = 1u << 20, kMostCompanions = 64;

struct Wanted {
  std::vector<std::string> names, folders;
};

std::string_view textAt(const std::string& texts, uint64_t offset) {
  return offset < texts.size() ? std::string_view(texts.c_str() + offset) : std::string_view();
}

std::vector<std::string> foldersIn(std::string_view list, const std::string& origin) {
  constexpr std::string_view kOrigin[] = {"$ORIGIN", "${ORIGIN}"};
  std::vector<std::string> folders;
  while (!list.empty()) {
    const size_t end = std::min(list.find(':'), list.size());
    std::string folder(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    for (std::string_view each : kOrigin) {
      if (const size_t at = folder.find(each); at != std::string::npos) folder.replace(at, each.size(), origin);
    }
    if (folder.starts_with('/')) folders.push_back(std::move(folder));
  }
  return folders;
}

Wanted wantedBy(const std::string& file) {
  Wanted wanted;
  auto table = readElfSection(file, ".dynamic", kMostEntries * sizeof(Elf64_Dyn));
  auto texts = readElfSection(file, ".dynstr", kLongestTexts);
  if (!table || !texts) return wanted;
  const std::string origin = fs::path(file).parent_path();
  for (size_t at = 0; at + sizeof(Elf64_Dyn) <= table->size(); at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    std::memcpy(&entry, table->data() + at, sizeof entry);
    if (entry.d_tag == DT_NULL) break;
    const std::string_view text = textAt(*texts, entry.d_un.d_val);
    if (entry.d_tag == DT_NEEDED && !text.contains('/')) wanted.names.emplace_back(text);
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) wanted.folders = foldersIn(text, origin);
  }
  return wanted;
}

// "libcapnp-0.9.2.so", and not "libcapnp-rpc-0.9.2.so".
bool isCapnp(std::string_view name) {
  constexpr std::string_view kBegin = "libcapnp-";
  return name.starts_with(kBegin) && name.size() > kBegin.size() && name[kBegin.size()] >= '0' &&
         name[kBegin.size()] <= '9';
}

// The program's own, "libcapnp-0.9.2.so"; empty: it is in the program.
std::string ownCapnp() {
  std::string name;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* found) {
        const std::string file = fs::path(info->dlpi_name).filename();
        if (!isCapnp(file)) return 0;
        // The first is the program's: plugins come later.
        *static_cast<std::string*>(found) = file;
        return 1;
      },
      &name);
  return name;
}

}  // namespace

std::vector<std::string> neededBy(const std::string& file) { return wantedBy(file).names; }

Result<void> fitsProgram(const std::string& file) {
  static const std::string own = ownCapnp();
  for (const std::string& name : neededBy(file)) {
    if (own.empty() || name == own || !isCapnp(name)) continue;
    return refuse(file,
                  concat("it was built with another version of Cap'n Proto (", name, ") than this program (", own,
                         "), and two of them do not get along in one process: build it again with the SDK of this "
                         "program"));
  }
  return {};
}

std::vector<std::string> companionsOf(const std::string& file) {
  std::error_code error;
  std::vector<std::string> found, ask{fs::absolute(file, error)};
  while (!ask.empty()) {
    const Wanted wanted = wantedBy(ask.back());
    ask.pop_back();
    for (const std::string& name : wanted.names) {
      for (const std::string& folder : wanted.folders) {
        const std::string path = (fs::path(folder) / name).lexically_normal();
        if (!fs::is_regular_file(path, error) || std::ranges::find(found, path) != found.end()) continue;
        if (found.size() == kMostCompanions) return found;
        found.push_back(path);
        ask.push_back(path);
      }
    }
  }
  return found;
}

}  // namespace cleat::host
