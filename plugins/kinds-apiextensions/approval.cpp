#include "kinds-apiextensions/approval.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

namespace {

constexpr std::string_view kWhere = "see https://github.com/kubernetes/enhancements/pull/1111";

bool isIn(std::string_view group, std::string_view domain) {
  return group == domain || (group.ends_with(domain) && group[group.size() - domain.size() - 1] == '.');
}

// "https://example.com/…": a scheme and a host.
bool isAddress(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto isSchemeCharacter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
  };
  const std::string_view host = text.substr(colon + 3, text.find_first_of("/?#", colon + 3) - colon - 3);
  const auto isControl = [](char c) { return c == ' ' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(colon), isSchemeCharacter) && !host.empty() &&
         std::none_of(text.begin(), text.end(), isControl);
}

}  // namespace

bool isProtectedGroup(std::string_view group) { return isIn(group, "k8s.io") || isIn(group, "kubernetes.io"); }

Approval approvalOf(meta_v1::ObjectMeta::Reader meta) {
  const std::string_view said = annotation(meta, kApprovalAnnotation).value_or("");
  if (said.empty()) {
    return {ApprovalState::missing,
            concat("protected groups must have approval annotation ", quoted(kApprovalAnnotation), ", ", kWhere)};
  }
  if (said.starts_with("unapproved")) return {ApprovalState::bypassed, concat("not approved: ", quoted(said))};
  if (isAddress(said)) return {ApprovalState::approved, concat("approved in ", said)};
  return {ApprovalState::invalid, concat("protected groups must have approval annotation ", quoted(kApprovalAnnotation),
                                         " with either a URL or a reason starting with \"unapproved\", ", kWhere)};
}

}  // namespace cleat::kinds::extensions
