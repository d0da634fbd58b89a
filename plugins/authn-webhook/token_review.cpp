#include "token_review.h"

#include <cleat/sdk/json_tree.h>

#include "remote-common/review_server.h"
#include "webhook-common/json_object.h"

namespace cleat {

namespace {

constexpr std::string_view kApiVersion = "authentication.k8s.io/v1", kKind = "TokenReview";

std::string textIn(const std::optional<JsonView>& of, std::string_view name) {
  auto member = of ? of->member(name) : std::nullopt;
  return member ? str(member->text()) : std::string();
}

std::vector<std::string> textsIn(const std::optional<JsonView>& list) {
  std::vector<std::string> texts;
  if (!list) return texts;
  for (JsonView each : list->items()) {
    if (each.isText()) texts.push_back(str(each.text()));
  }
  return texts;
}
std::vector<std::string> textsIn(const std::optional<JsonView>& of, std::string_view name) {
  return of ? textsIn(of->member(name)) : std::vector<std::string>();
}

}  // namespace

std::string tokenReviewText(std::string_view token, const std::vector<std::string>& audiences) {
  std::string out;
  {
    webhook::JsonObject review(out);
    review.text("kind", kKind);
    review.text("apiVersion", kApiVersion);
    webhook::JsonObject spec(review.name("spec"));
    spec.text("token", token);
    if (!audiences.empty()) {
      std::string& list = spec.name("audiences");
      for (size_t i = 0; i < audiences.size(); ++i) {
        list += i == 0 ? '[' : ',';
        appendJsonText(list, audiences[i]);
      }
      list += ']';
    }
  }
  return out;
}

Result<ReviewedToken> readTokenReview(std::string_view text) {
  CLEAT_TRY(const JsonTree tree, remote::reviewStatus(text, kApiVersion, kKind));
  const std::optional<JsonView> status = tree.view();
  ReviewedToken reviewed;
  auto authenticated = status->member("authenticated");
  reviewed.isAuthenticated = authenticated && authenticated->boolean();
  reviewed.error = textIn(status, "error");
  reviewed.audiences = textsIn(status, "audiences");
  auto user = status->member("user");
  reviewed.name = textIn(user, "username");
  reviewed.uid = textIn(user, "uid");
  reviewed.groups = textsIn(user, "groups");
  auto extra = user ? user->member("extra") : std::nullopt;
  if (extra && extra->isObject()) {
    for (JsonView each : extra->items()) reviewed.extra.emplace_back(str(each.name()), textsIn(std::optional(each)));
  }
  return reviewed;
}

}  // namespace cleat
