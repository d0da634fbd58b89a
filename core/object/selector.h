// Label and field selectors as the API takes them: "app=web,tier in (a,b),!old" and "metadata.name=x,spec.nodeName!=y".
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/object/object.h"

namespace cleat::object {

class LabelSelector {
 public:
  static Result<LabelSelector> parse(std::string_view text);  // 400 on bad syntax, worded as Kubernetes
  bool matches(const Message& message) const;
  bool empty() const { return requirements_.empty(); }
  std::string text() const;

 private:
  enum class Operator { in, notIn, exists, notExists, greater, less };
  struct Requirement {
    std::string key;
    Operator op;
    std::vector<std::string> values;
  };
  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  // Refuses fields that the kind does not offer: `field label not supported: spec.foo`.
  static Result<FieldSelector> parse(const Kind& kind, std::string_view text);
  bool matches(const Object& object) const;
  bool empty() const { return requirements_.empty(); }
  // The name that metadata.name is required to be, if it is: lets a list become a get.
  const std::string* exactName() const;
  std::string text() const;

 private:
  struct Requirement {
    std::string path;
    bool equal;
    std::string value;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace cleat::object
