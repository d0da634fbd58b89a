// Query: the parameters behind the question mark, decoded, and the values that the API takes from them.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::api {

// "%2F" and, in a query, "+" for a blank. What is malformed is nothing.
std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank);

class Query {
 public:
  // At most 1,000 parameters; further ones are ignored. One that is malformed is ignored too, as Go does.
  explicit Query(std::string_view text);

  // The first of that name, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;

  // "0" and "false" are false, anything else that is given is true, also an empty text.
  bool flag(std::string_view name) const;
  std::optional<bool> optionalFlag(std::string_view name) const;
  // Absent when not given; 400 when it is no number, worded as Kubernetes does.
  Result<std::optional<int64_t>> number(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace cleat::api
