// Causes: what is found to be wrong with one object, while it is being validated; and how its values are shown. Names
// of fields are those of Kubernetes' field errors: "<nil>" where an error is about no field.
#pragma once

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "kinds-apiextensions/schema/trail.h"
#include "kinds-apiextensions/schema/validate.h"

namespace cleat::kinds::extensions {

class Causes {
 public:
  // `prefix` is where the object that is validated stands, in something larger. Empty: on its own.
  explicit Causes(std::string_view prefix = {}) : prefix_(prefix) {}

  // Once is enough for what is said twice. Beyond kMostFindings nothing is added any more.
  void add(const char* reason, std::string field, std::string message);

  // "Required value" and so on; `at` is the value that is wrong.
  void required(const Trail& at);
  void invalid(const Trail& at, std::string_view shown, std::string_view detail);
  // `isType` and `expected` are types; the value itself is not shown.
  void wrongType(const Trail& at, std::string_view expected, std::string_view isType);
  // What Kubernetes says without naming a field.
  void general(std::string_view message);

  // So many, or more text than anybody reads: names in a path can be as long as the object.
  bool full() const;
  size_t bytes() const;
  bool empty() const { return all_.empty(); }
  // Whether something is wrong that rules could stumble over: a value that is missing, too large or of another type.
  bool hasBlocking() const;
  size_t size() const { return all_.size(); }
  void dropFrom(size_t first) { all_.resize(first); }
  void merge(Causes other);
  std::string_view prefix() const { return prefix_; }
  std::vector<StatusCause> take() && { return std::move(all_); }

  // The field's name in an error: with the prefix, and with the keys of maps as names.
  std::string fieldOf(const Trail& at) const;

 private:
  std::string_view prefix_;
  std::vector<StatusCause> all_;
};

// As errors show values: texts as Go quotes them, composites as JSON.
std::string shownJson(JsonView value);
// As Go's JSON, whatever it is.
std::string shownAsJson(JsonView value);
// As Go prints a float64: 1e+06, 0.5.
std::string shownNumber(double number);

}  // namespace cleat::kinds::extensions
