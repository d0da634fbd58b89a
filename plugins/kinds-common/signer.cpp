#include "kinds-common/signer.h"

#include <algorithm>

#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

// A domain, the slash, and a label and a domain with a dot between.
constexpr size_t kMaxSignerName = kSubdomainMaxLength + 1 + kLabelMaxLength + 1 + kSubdomainMaxLength;

// What stands between the dots; of several wrong parts only the first is told.
void checkParts(std::string_view text, Wrongs (*wrongs)(std::string_view), const Path& path, Findings& findings) {
  for (size_t from = 0; from <= text.size();) {
    const size_t dot = std::min(text.find('.', from), text.size());
    const std::string_view part = text.substr(from, dot - from);
    from = dot + 1;
    const Wrongs found = wrongs(part);
    for (const std::string& wrong : found) {
      findings.invalid(path, text, concat("validating label ", quoted(part), ": ", wrong));
    }
    if (!found.empty()) return;
  }
}

}  // namespace

void checkSignerName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) {
    findings.required(path);
    return;
  }
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || name.find('/', slash + 1) != std::string_view::npos) {
    findings.invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  const std::string_view domain = name.substr(0, slash), rest = name.substr(slash + 1);
  if (domain.size() > kSubdomainMaxLength) findings.tooLong(path, kSubdomainMaxLength);
  checkParts(domain, wrongDns1123Label, path, findings);
  if (domain.find('.') == std::string_view::npos) {
    findings.invalid(path, domain, "should be a domain with at least two segments separated by dots");
  }
  checkParts(rest, wrongDns1123Subdomain, path, findings);
  if (name.size() > kMaxSignerName) findings.tooLong(path, kMaxSignerName);
}

bool isKubernetesSigner(std::string_view name) {
  std::string_view domain = name.substr(0, name.find('/'));
  return domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
}

}  // namespace cleat::kinds
