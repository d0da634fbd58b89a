// A plugin's manifest, read out of its file without running any of its code: which plugin it is, the ABI it was built
// for, the roles it fills, what it asks to be allowed and its settings. The file is not trusted: a broken one is
// refused with one line that says what is wrong with it.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat_abi.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::host {

struct DeclaredSetting {
  std::string key, type, byDefault, meaning;  // type: "string", "int", "bool", "duration", "list" or "tables"
};

struct Manifest {
  std::string name, version, maturity, grants;
  std::vector<std::string> roles;
  std::vector<DeclaredSetting> settings;
  uint16_t abiMajor = 0, abiMinor = 0;
  bool concurrentCalls = false;

  bool fills(std::string_view role) const;
};

Result<Manifest> readManifest(const std::string& file);

// The checks of `readManifest` on a manifest at hand; `origin` begins the error's line. `raw` may hold a manifest of an
// older minor version, which is shorter: what is missing is zero.
Result<Manifest> parseManifest(const cleat_manifest& raw, const std::string& origin);

// Why a plugin's file is not taken: 400, with the file in front.
std::unexpected<Status> refuse(const std::string& file, const std::string& why);

}  // namespace cleat::host
