#include "core/api/rest/indented.h"

#include <algorithm>

#include "core/api/rest/object_text.h"
#include "core/api/rest/query.h"

namespace cleat::api {
namespace {

// As Go reads a boolean.
constexpr std::string_view kTrue[] = {"1", "t", "T", "true", "TRUE", "True"};
constexpr std::string_view kPeople[] = {"curl", "Wget", "Mozilla/5.0"};

}  // namespace

bool wantsIndented(std::string_view pretty, std::string_view userAgent) {
  if (!pretty.empty()) return std::ranges::find(kTrue, pretty) != std::end(kTrue);
  return std::ranges::any_of(kPeople, [&](std::string_view name) { return userAgent.starts_with(name); });
}

bool wantsIndented(const http::Request& request) {
  const std::string_view query = request.query(), agent = request.headers.get("User-Agent");
  if (query.find("pretty") == std::string_view::npos) return wantsIndented({}, agent);
  return wantsIndented(Query(query).get("pretty"), agent);
}

http::Response indentedFor(const http::Request& request, http::Response response) {
  if (response.body.size() == 0 || !response.head.contentType.starts_with("application/json")) return response;
  if (!wantsIndented(request)) return response;
  http::Body indented(prettyJson(response.body.flat()));
  response.body = std::move(indented);
  return response;
}

}  // namespace cleat::api
