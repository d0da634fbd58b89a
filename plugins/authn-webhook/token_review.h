// TokenReview (authentication.k8s.io/v1): the text that is sent of a token, and what comes back.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "remote-common/known_user.h"

namespace cleat {

struct ReviewedToken : remote::KnownUser {
  bool isAuthenticated = false;
  std::string error;  // of the server, where it is not authenticated
  std::vector<std::string> audiences;
};

std::string tokenReviewText(std::string_view token, const std::vector<std::string>& audiences);
Result<ReviewedToken> readTokenReview(std::string_view text);

}  // namespace cleat
