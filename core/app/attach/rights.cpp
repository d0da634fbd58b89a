#include "core/app/attach/rights.h"

#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "core/base/log.h"
#include "core/bus/rest.h"

namespace cleat::app {
namespace {

constexpr const char* kReviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

std::vector<std::string> commaSeparated(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::string reviewOf(const Right& right) {
  boost::json::object attributes{{"verb", right.verb}, {"group", right.group}, {"resource", right.resource}};
  if (!right.subresource.empty()) attributes["subresource"] = right.subresource;
  if (!right.ns.empty()) attributes["namespace"] = right.ns;
  return boost::json::serialize(boost::json::object{{"apiVersion", "authorization.k8s.io/v1"},
                                                    {"kind", "SelfSubjectAccessReview"},
                                                    {"spec", {{"resourceAttributes", attributes}}}});
}

// Nothing where the answer is none.
std::optional<bool> allowedIn(const std::string& body) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  const boost::json::value* allowed = error ? nullptr : value.find_pointer("/status/allowed", error);
  if (allowed == nullptr || !allowed->is_bool()) return std::nullopt;
  return allowed->get_bool();
}

}  // namespace

std::string Right::text() const {
  return concat(verb, " ", resource, group.empty() ? "" : ".", group, subresource.empty() ? "" : "/", subresource,
                ns.empty() ? "" : " in ", ns);
}

const std::vector<std::string>& knownVerbs() {
  static const std::vector<std::string> verbs = {
      "get",  "list",     "watch",   "create", "update", "patch",       "delete", "deletecollection",
      "bind", "escalate", "approve", "sign",   "attest", "impersonate", "use",    "*"};
  return verbs;
}

std::vector<Right> rightsIn(const std::string& grants) {
  std::vector<Right> rights;
  std::istringstream lines(grants);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string group, resources, verbs;
    if (!(words >> group >> resources >> verbs)) continue;
    if (group == "-") group.clear();
    for (const std::string& resource : commaSeparated(resources)) {
      const size_t slash = resource.find('/');
      for (const std::string& verb : commaSeparated(verbs)) {
        Right right{verb, group, resource.substr(0, slash), "", ""};
        if (slash != std::string::npos) right.subresource = resource.substr(slash + 1);
        rights.push_back(std::move(right));
      }
    }
  }
  return rights;
}

Task<Result<std::vector<Right>>> missingRights(std::shared_ptr<http::HttpClient> server, std::vector<Right> needed) {
  std::vector<Right> missing;
  for (Right& right : needed) {
    http::ClientRequest request;
    request.method = "POST";
    request.target = kReviews;
    request.body = reviewOf(right);
    CLEAT_CO_TRY(auto answer, co_await server->send(std::move(request)));
    const std::optional<bool> allowed = answer.head.status < 300 ? allowedIn(answer.body) : std::nullopt;
    if (!allowed) {
      base::log(base::LogLevel::warn, "attach",
                concat("what this user may do cannot be asked: ", bus::statusOf(answer).message));
      co_return std::vector<Right>();
    }
    if (!*allowed) missing.push_back(std::move(right));
  }
  co_return missing;
}

}  // namespace cleat::app
