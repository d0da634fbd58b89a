#include "images/verification_policy.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::agent {

Result<RepositoryList> RepositoryList::parse(const std::vector<std::string>& patterns) {
  RepositoryList list;
  for (const std::string& pattern : patterns) {
    auto wrong = [&](std::string_view what) { return fail(Status::badRequest(concat("\"", pattern, "\": ", what))); };
    std::string_view path = pattern;
    bool below = path.ends_with("/*");
    if (below) path.remove_suffix(1);
    if (path.find_first_of("* \t") != std::string_view::npos)
      return wrong("not a valid wildcard pattern, only patterns ending with '/*' are allowed");
    if (below) {
      if (path.size() < 2) return wrong("at least registry hostname is required");
      list.prefixes_.emplace_back(path);
      continue;
    }
    auto name = parseImageName(path);
    if (!name) return wrong("failed to parse as an image name");
    if (name->path() != path)
      return wrong("must be the full name of a repository, as in docker.io/library/busybox, without tag or digest");
    list.exact_.emplace(path);
  }
  return list;
}

bool RepositoryList::holds(const ImageName& name) const {
  std::string path = name.path();
  return exact_.contains(path) || std::any_of(prefixes_.begin(), prefixes_.end(),
                                              [&](const std::string& prefix) { return path.starts_with(prefix); });
}

Result<VerificationPolicy> VerificationPolicy::parse(std::string_view name, const std::vector<std::string>& allowlist) {
  VerificationPolicy policy;
  if (name == "NeverVerify") {
    policy.kind_ = Kind::never;
  } else if (name == "NeverVerifyPreloadedImages") {
    policy.kind_ = Kind::neverPreloaded;
  } else if (name == "NeverVerifyAllowlistedImages") {
    policy.kind_ = Kind::neverListed;
  } else if (name == "AlwaysVerify") {
    policy.kind_ = Kind::always;
  } else {
    return fail(
        Status::badRequest(concat("image_pull_credentials_verification_policy: \"", name, "\" is none of NeverVerify, ",
                                  "NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages and AlwaysVerify")));
  }
  if (!allowlist.empty() && policy.kind_ != Kind::neverListed)
    return fail(
        Status::badRequest("preloaded_images_verification_allowlist: can only be set with the policy "
                           "NeverVerifyAllowlistedImages"));
  auto list = RepositoryList::parse(allowlist);
  if (!list) return fail(Status::badRequest(concat("preloaded_images_verification_allowlist: ", list.error().message)));
  policy.allowlist_ = std::move(*list);
  return policy;
}

bool VerificationPolicy::mustVerify(const ImageName& image, bool pulledHere) const {
  switch (kind_) {
    case Kind::never: return false;
    case Kind::neverPreloaded: return pulledHere;
    case Kind::neverListed: return !allowlist_.holds(image);
    case Kind::always: break;
  }
  return true;
}

}  // namespace cleat::agent
