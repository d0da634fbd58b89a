// Whether a pod that did not pull an image itself has to show that it may: the kubelet's
// imagePullCredentialsVerificationPolicy.
#pragma once

#include <cleat/sdk/status.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "image-common/image_name.h"

namespace cleat::agent {

// Repositories by name, or all below a path: "registry.example/team/app", "registry.example/team/*".
class RepositoryList {
 public:
  static Result<RepositoryList> parse(const std::vector<std::string>& patterns);
  bool holds(const ImageName& name) const;

 private:
  std::set<std::string> exact_;
  std::vector<std::string> prefixes_;
};

class VerificationPolicy {
 public:
  // The default, as an image that was here before any pull cannot tell who may use it.
  VerificationPolicy() = default;
  // `name` is NeverVerify, NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages or AlwaysVerify; the list is for
  // NeverVerifyAllowlistedImages.
  static Result<VerificationPolicy> parse(std::string_view name, const std::vector<std::string>& allowlist);

  // `pulledHere`: this agent has pulled the image, or was about to.
  bool mustVerify(const ImageName& image, bool pulledHere) const;

 private:
  enum class Kind { never, neverPreloaded, neverListed, always };
  Kind kind_ = Kind::neverPreloaded;
  RepositoryList allowlist_;
};

}  // namespace cleat::agent
