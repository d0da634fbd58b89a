#include "core/api/openapi/operation_name.h"

#include <cctype>

namespace cleat::api {
namespace {

// "rbac.authorization.k8s.io" → "RbacAuthorization"; the first letter stays small unless `big`.
std::string joinedWords(std::string_view name, bool big) {
  constexpr std::string_view kOurs = ".k8s.io";
  if (name.ends_with(kOurs)) name.remove_suffix(kOurs.size());
  std::string joined;
  for (const char each : name) {
    if (std::isalnum(static_cast<unsigned char>(each)) == 0) {
      big = true;
      continue;
    }
    joined += big ? static_cast<char>(std::toupper(static_cast<unsigned char>(each))) : each;
    big = false;
  }
  return joined;
}

std::string_view groupOf(std::string_view group) { return group.empty() ? "core" : group; }

}  // namespace

std::string capitalized(std::string_view word) { return joinedWords(word, true); }

std::string operationName(std::string_view verb, std::string_view group, std::string_view version,
                          std::string_view of) {
  std::string name(verb);
  name += joinedWords(groupOf(group), true);
  name += joinedWords(version, true);
  return name += joinedWords(of, true);
}

std::string groupTag(std::string_view group) { return joinedWords(groupOf(group), false); }

std::string operationTag(std::string_view group, std::string_view version) {
  return groupTag(group) + "_" + joinedWords(version, false);
}

}  // namespace cleat::api
