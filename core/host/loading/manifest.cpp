#include "core/host/loading/manifest.h"

#include <cleat/sdk/more_grants.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>
#include <sstream>

#include "core/host/loading/elf_file.h"
#include "core/host/loading/grants.h"

namespace cleat::host {

std::unexpected<Status> refuse(const std::string& file, const std::string& why) {
  return fail(Status::badRequest(file + ": " + why));
}

namespace {

const std::set<std::string, std::less<>> kTypes = {"string", "int", "bool", "duration", "list", "tables"};

// Up to where the first version of the struct reached; what a later minor version appends may be missing.
constexpr size_t kFirstSize = offsetof(cleat_manifest, config_schema) + sizeof(cleat_manifest::config_schema);

template <size_t Size>
bool takeText(const char (&field)[Size], std::string& out) {
  const void* end = std::memchr(field, 0, Size);
  if (!end) return false;
  out.assign(field, static_cast<const char*>(end));
  return true;
}

std::string version(uint16_t major, uint16_t minor) { return std::to_string(major) + "." + std::to_string(minor); }

std::string trimmed(const std::string& text) {
  size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

// "KEY TYPE DEFAULT # meaning"
Result<std::vector<DeclaredSetting>> parseSettings(const std::string& text, const std::string& origin) {
  std::vector<DeclaredSetting> settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    DeclaredSetting setting;
    size_t hash = line.find(" #");
    if (hash != std::string::npos) setting.meaning = trimmed(line.substr(hash + 2));
    std::istringstream words(line.substr(0, hash));
    if (!(words >> setting.key)) continue;
    words >> setting.type;
    std::getline(words, setting.byDefault);
    setting.byDefault = trimmed(setting.byDefault);
    if (!kTypes.contains(setting.type)) {
      return refuse(origin, "the manifest declares the setting " + setting.key + " with the unknown type \"" +
                                setting.type + "\"");
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

Result<void> asks(const std::string& grants, const std::string& origin) {
  if (auto good = checkGrants(grants); !good) {
    return refuse(origin, concat("the manifest asks for the grant ", good.error().message));
  }
  return {};
}

bool isName(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

bool Manifest::fills(std::string_view role) const { return std::ranges::find(roles, role) != roles.end(); }

Result<Manifest> parseManifest(const cleat_manifest& raw, const std::string& origin) {
  if (std::memcmp(raw.magic, CLEAT_MANIFEST_MAGIC, sizeof raw.magic) != 0) {
    std::string found(raw.magic, sizeof raw.magic);
    std::ranges::replace_if(found, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
    return refuse(
        origin, "not a Cleat plugin: its manifest begins with \"" + found + "\", not \"" + CLEAT_MANIFEST_MAGIC + "\"");
  }
  const std::string ours = "this program has ABI " + version(CLEAT_ABI_MAJOR, CLEAT_ABI_MINOR);
  std::string built = "built for plugin ABI " + version(raw.abi_major, raw.abi_minor);
  if (raw.abi_major != CLEAT_ABI_MAJOR) {
    return refuse(origin, built + ", " + ours + ": the major versions must be the same");
  }
  if (raw.abi_minor > CLEAT_ABI_MINOR) return refuse(origin, built + ", " + ours + ": the plugin needs a newer one");
  if (raw.struct_size < kFirstSize) {
    return refuse(origin, "its manifest has " + std::to_string(raw.struct_size) + " bytes, " +
                              std::to_string(kFirstSize) + " were expected");
  }

  Manifest manifest;
  std::string roles, settings;
  if (!takeText(raw.name, manifest.name) || !takeText(raw.version, manifest.version) ||
      !takeText(raw.maturity, manifest.maturity) || !takeText(raw.roles, roles) ||
      !takeText(raw.grants, manifest.grants) || !takeText(raw.config_schema, settings)) {
    return refuse(origin, "a text of its manifest does not end");
  }
  if (!isName(manifest.name)) return refuse(origin, "its manifest has the bad name \"" + manifest.name + "\"");
  std::istringstream words(roles);
  for (std::string role; words >> role;) manifest.roles.push_back(role);
  if (manifest.roles.empty()) return refuse(origin, "its manifest names no role");
  CLEAT_TRY(asks(manifest.grants, origin));
  CLEAT_TRY(auto parsed, parseSettings(settings, origin));
  manifest.settings = std::move(parsed);
  manifest.abiMajor = raw.abi_major;
  manifest.abiMinor = raw.abi_minor;
  manifest.concurrentCalls = raw.flags & CLEAT_FLAG_CONCURRENT_CALLS;
  return manifest;
}

// What it asks for beside its manifest.
Result<std::string> grantsBeside(const std::string& file) {
  constexpr size_t kMost = 64 << 10;
  CLEAT_TRY(std::string texts, readElfSection(file, CLEAT_GRANTS_SECTION, kMost + 1));
  if (texts.size() > kMost) return refuse(file, "it asks for more than 64 KiB of grants");
  std::ranges::replace(texts, '\0', '\n');
  std::string lines;
  std::istringstream from(texts);
  for (std::string line; std::getline(from, line);) {
    if (!line.empty()) lines += concat(line, "\n");
  }
  CLEAT_TRY(asks(lines, file));
  return lines;
}

Result<Manifest> readManifest(const std::string& file) {
  CLEAT_TRY(auto section, readElfSection(file, CLEAT_MANIFEST_SECTION, sizeof(cleat_manifest)));
  if (section.empty()) {
    return refuse(file, std::string("not a Cleat plugin: it has no section ") + CLEAT_MANIFEST_SECTION);
  }
  cleat_manifest raw{};
  std::memcpy(&raw, section.data(), std::min(section.size(), sizeof raw));
  // The versions come first in the struct, so that they can be told before the rest is there.
  if (section.size() < sizeof raw) raw.struct_size = static_cast<uint32_t>(section.size());
  CLEAT_TRY(Manifest manifest, parseManifest(raw, file));
  CLEAT_TRY(const std::string more, grantsBeside(file));
  if (!more.empty() && !manifest.grants.empty() && !manifest.grants.ends_with('\n')) manifest.grants += '\n';
  manifest.grants += more;
  return manifest;
}

}  // namespace cleat::host
