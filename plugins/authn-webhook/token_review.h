// TokenReview (authentication.k8s.io/v1): the text that is sent of a token, and what comes back.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat {

struct ReviewedToken {
  bool isAuthenticated = false;
  std::string error;  // of the server, where it is not authenticated
  std::string name, uid;
  std::vector<std::string> groups, audiences;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

std::string tokenReviewText(std::string_view token, const std::vector<std::string>& audiences);
Result<ReviewedToken> readTokenReview(std::string_view text);

}  // namespace cleat
