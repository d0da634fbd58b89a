// Field selectors as the API takes them: "metadata.name=x,spec.nodeName!=y". Those of labels are the SDK's
// (cleat/sdk/selector.h).
#pragma once

#include <cleat/sdk/selector.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/object/object.h"

namespace cleat::object {

class FieldSelector {
 public:
  // Refuses fields that the kind does not offer: `field label not supported: spec.foo`.
  static Result<FieldSelector> parse(const Kind& kind, std::string_view text);
  bool matches(const Object& object) const;
  bool empty() const { return requirements_.empty(); }
  // What the field is required to be, if it is. `path`: as the selector has it.
  const std::string* exactValue(std::string_view path) const;
  // The name that metadata.name is required to be, if it is: lets a list become a get.
  const std::string* exactName() const { return exactValue("metadata.name"); }
  std::string text() const;
  // What it demands; all of it.
  std::vector<SelectorRequirement> requirements() const;

 private:
  struct Requirement {
    std::string path;  // as the selector has it
    std::string field;
    bool equal;
    std::string value;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace cleat::object
