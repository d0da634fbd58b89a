#include "core/object/apply/write_reach.h"

#include <algorithm>

namespace cleat::object {

const std::vector<std::string> WriteReach::kNone;

WriteReach::WriteReach(const Kind& kind, std::string_view subresource)
    : kind_(kind), subresource_(subresource.empty() ? nullptr : kind.subresource(subresource)),
      statusOnly_(subresource == "status"), leavesStatus_(kind.hasStatus && subresource.empty()) {}

bool WriteReach::has(std::string_view field) const {
  if (statusOnly_ && field != "metadata" && field != "status") return false;
  if (leavesStatus_ && field == "status") return false;
  return std::ranges::find(resets(), field) == resets().end();
}

bool WriteReach::has(std::string_view field, std::string_view member) const {
  bool left = false;
  eachLeft([&](std::string_view of, std::string_view name) { left = left || (of == field && name == member); });
  return !left;
}

std::vector<std::string> WriteReach::whole() const {
  std::vector<std::string> out;
  if (leavesStatus_) out.push_back("status");
  for (const std::string& path : resets()) {
    if (path.find('.') == std::string::npos) out.push_back(path);
  }
  return out;
}

bool WriteReach::owns(std::string_view field) const { return field != "apiVersion" && field != "kind" && has(field); }

bool WriteReach::owns(std::string_view field, std::string_view member) const {
  return !(field == "metadata" && isServers(member)) && has(field, member);
}

bool WriteReach::isServers(std::string_view member) {
  static constexpr std::string_view kServers[] = {"name", "namespace",  "creationTimestamp", "selfLink",
                                                  "uid",  "generation", "managedFields",     "resourceVersion"};
  return std::ranges::find(kServers, member) != std::end(kServers);
}

}  // namespace cleat::object
