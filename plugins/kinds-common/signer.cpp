#include "kinds-common/signer.h"

#include "kinds-common/names.h"

namespace cleat::kinds {

void checkSignerName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) {
    findings.required(path);
    return;
  }
  size_t slash = name.find('/');
  std::string_view domain = name.substr(0, slash);
  std::string_view rest = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
  if (domain.empty() || rest.empty()) {
    findings.invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  if (domain.find('.') == std::string_view::npos) {
    findings.invalid(path, name, "should be a domain with at least two segments separated by dots");
  }
  Wrongs domainWrongs = wrongDns1123Subdomain(domain);
  if (!domainWrongs.empty()) findings.invalidEach(path, domain, domainWrongs);
  Wrongs restWrongs = wrongDns1123Subdomain(rest);
  if (!restWrongs.empty()) findings.invalidEach(path, rest, restWrongs);
}

bool isKubernetesSigner(std::string_view name) {
  std::string_view domain = name.substr(0, name.find('/'));
  return domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
}

}  // namespace cleat::kinds
