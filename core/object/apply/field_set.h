// FieldSet: which fields of an object somebody owns, as a tree. A step down is written as in metadata.managedFields
// (FieldsV1): `f:name` for a field, `k:{"name":"a"}` for an element of a list with keys, `v:"x"` for an element of a
// set. A plain value.
#pragma once

#include <cleat/sdk/status.h>
#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::object {

// A set that is deeper is not read.
inline constexpr size_t kMaxFieldSetDepth = 100;
bool isFieldStep(std::string_view text);
// How errors write a step: `.name`, `[name="a"]`, `[="x"]`.
std::string shownStep(std::string_view step);

class FieldSet {
 public:
  bool member = false;  // what this node stands for belongs to the set itself
  std::map<std::string, FieldSet, std::less<>> children;

  static Result<FieldSet> parse(const boost::json::value& fieldsV1);
  // The same from and to its text, without a tree of values in between.
  static Result<FieldSet> parseText(std::string_view fieldsV1);
  std::string text() const;
  // Whether a member of this set is one of that text; true where the text cannot be told without reading it.
  bool meetsText(std::string_view fieldsV1) const;
  // Whether all members of this set are of that text; false where that cannot be told without reading it.
  bool within(std::string_view fieldsV1) const;

  // Whether all members of the other are of this one.
  bool covers(const FieldSet& other) const;
  // No member here or below.
  bool empty() const;
  FieldSet& at(std::string_view step) { return children.try_emplace(std::string(step)).first->second; }
  // Null when there is no such step.
  const FieldSet* find(std::string_view step) const;

  void unite(const FieldSet& other);
  void remove(const FieldSet& other);
  FieldSet common(const FieldSet& other) const;
  // Forgets nodes without members.
  void tidy();
  // `.spec.template.spec.containers[name="web"].image`, of every member.
  std::vector<std::string> paths() const;

  bool operator==(const FieldSet& other) const = default;
};

}  // namespace cleat::object
