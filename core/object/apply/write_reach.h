// WriteReach: which fields a write to an object, or through one of its subresources, can change. The rest stays as it
// is, and nobody comes to own it that way. It is data: what the kind and its subresources say of themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object/kind.h"

namespace cleat::object {

class WriteReach {
 public:
  // `subresource`: empty for the object itself.
  WriteReach(const Kind& kind, std::string_view subresource);

  // A member of the object.
  bool has(std::string_view field) const;
  // A member of such a member that is within reach.
  bool has(std::string_view field, std::string_view member) const;
  // The same, but for what only the server writes, such as who an object is.
  bool owns(std::string_view field) const;
  bool owns(std::string_view field, std::string_view member) const;
  // Whether only the server writes that member of metadata.
  static bool isServers(std::string_view member);
  // Whether all but metadata and status is out of reach.
  bool statusOnly() const { return statusOnly_; }
  // Members that are out of reach as a whole; where it is not statusOnly().
  std::vector<std::string> whole() const;
  // What is out of reach below members that are not: paths of two steps, "metadata.labels".
  template <class F>
  void eachLeft(F&& visit) const {
    for (const std::string& name : statusOnly_ ? kind_.statusLeavesMetadata : kNone) visit("metadata", name);
    for (const std::string& path : resets()) {
      const size_t dot = path.find('.');
      if (dot != std::string::npos)
        visit(std::string_view(path).substr(0, dot), std::string_view(path).substr(dot + 1));
    }
  }

 private:
  static const std::vector<std::string> kNone;
  const std::vector<std::string>& resets() const { return subresource_ ? subresource_->resets : kNone; }

  const Kind& kind_;
  const Subresource* subresource_;
  bool statusOnly_, leavesStatus_;
};

}  // namespace cleat::object
