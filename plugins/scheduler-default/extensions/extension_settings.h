// The settings `extensions` and `extenders`: lists of tables, which come as JSON.
#pragma once

#include <cleat/sdk/config.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "extensions/extension.h"

namespace cleat::scheduling {

// Reads one table: each of its keys by the function of that name. The error's message names the setting and the key.
class TableReader {
 public:
  TableReader(std::string path, JsonView table) : path_(std::move(path)), table_(table) {}

  using Take = std::function<Result<void>(JsonView value)>;
  Result<void> read(const std::map<std::string, Take, std::less<>>& keys) const;
  std::unexpected<Status> wrong(std::string_view key, std::string_view what) const;

  static Take text(std::string& out);
  static Take texts(std::vector<std::string>& out);
  static Take boolean(bool& out);
  static Take number(int64_t& out, int64_t least, int64_t most);
  static Take duration(Duration& out);  // 1ms to 10 minutes

 private:
  std::string path_;
  JsonView table_;
};

constexpr int64_t kMostExtensionWeight = 100;

// Plugins: name, profiles, weight, failure_policy, timeout, permit_timeout.
Result<std::vector<ExtensionSettings>> readExtensions(const Config& config, const std::vector<Profile>& profiles);
// An error where one is named that there is not.
Result<void> checkProfiles(std::string_view path, const std::vector<std::string>& named,
                           const std::vector<Profile>& profiles);

}  // namespace cleat::scheduling
