#include "core/api/handlers/routed_request.h"

#include <cleat/sdk/text.h>

#include "core/api/rest/indented.h"
#include "core/api/rest/verb.h"
#include "core/api/status_body.h"
#include "core/gate/calls.h"

namespace cleat::api {
namespace {

// What a plugin is not shown: credentials, what concerns the connection alone, and what only a server may say.
bool isKept(std::string_view name) {
  for (std::string_view each : {"authorization", "connection", "keep-alive", "proxy-connection", "proxy-authorization",
                                "te", "trailer", "transfer-encoding", "upgrade", "expect", "cookie"}) {
    if (http::equalIgnoringCase(name, each)) return true;
  }
  for (std::string_view prefix : {"impersonate-", "x-remote-"}) {
    if (http::equalIgnoringCase(name.substr(0, prefix.size()), prefix)) return true;
  }
  return false;
}

// A kind that is known by its names alone, for authorizers.
object::KindRef namedKind(const ResourcePath& path) {
  Ref<object::Kind> kind = makeRef<object::Kind>();
  kind->namespaced = !path.ns.empty();
  kind->group = path.group;
  kind->version = path.version;
  kind->plural = path.resource;
  return kind;
}

gate::Attributes attributesOf(const http::Request& request, const ParsedPath& path) {
  gate::Attributes attributes;
  if (path.form != PathForm::resource) {
    attributes.verb = pathVerb(request.method);
    attributes.path = std::string(request.path());
    return attributes;
  }
  attributes.verb = nameOf(verbOf(request.method, path.resource, Query(request.query())));
  attributes.kind = namedKind(path.resource);
  attributes.subresource = path.resource.subresource;
  attributes.ns = path.resource.ns;
  attributes.name = path.resource.name;
  return attributes;
}

// What was authorized has to be what whoever stands behind reads: "a/../b" may be two things to two readers.
bool hasDots(std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    const std::string decoded = percentDecode(segment, false).value_or("..");
    if (decoded == "." || decoded == "..") return true;
  }
  return false;
}

gate::RoleCall handleCall(http::Exchange& exchange, const bus::User& user) {
  const http::Request& request = exchange.request();
  return gate::makeCall(role::httpHandler::handle, [&](role::HandleParams::Builder params) {
    params.setMethod(request.method);
    params.setPath(std::string(request.path()));
    params.setQuery(std::string(request.query()));
    std::vector<std::pair<std::string, std::string>> shown;
    for (size_t i = 0; i < request.headers.count(); ++i) {
      auto [name, value] = request.headers.at(i);
      if (!isKept(name)) shown.emplace_back(name, value);
    }
    auto headers = params.initHeaders(static_cast<uint32_t>(shown.size()));
    for (uint32_t i = 0; i < headers.size(); ++i) {
      headers[i].setName(shown[i].first);
      headers[i].setValue(shown[i].second);
    }
    params.setBody({reinterpret_cast<const kj::byte*>(request.body.data()), request.body.size()});
    gate::fillUser(params.initUser(), user);
    params.setRemoteAddress(exchange.peer().address);
  });
}

Status failureOf(const gate::RoleAnswer& answer, const std::string& plugin) {
  return answer.error ? *answer.error : Status::internal(concat("plugin ", plugin, " did not say why it failed"));
}

Task<void> reply(http::Exchange& exchange, http::Response response) { co_await exchange.send(std::move(response)); }

Task<void> replyRefused(http::Exchange& exchange, const Status& status) {
  return reply(exchange, indentedFor(exchange.request(), statusResponse(status)));
}

http::Response responseOf(role::HttpAnswer::Reader answer) {
  constexpr uint16_t kLeast = 200, kMost = 599;
  const uint16_t status = answer.getStatus();
  http::Response response;
  response.head.status = status < kLeast || status > kMost ? 500 : status;
  response.head.contentType = str(answer.getContentType());
  for (auto header : answer.getHeaders()) {
    const std::string name = str(header.getName()), value = str(header.getValue());
    const bool isWrong = (name + value).find_first_of("\r\n") != std::string::npos;
    if (!isWrong && !isKept(name)) response.head.headers.emplace_back(name, value);
  }
  auto body = answer.getBody();
  response.body.own(std::string(reinterpret_cast<const char*>(body.begin()), body.size()));
  return response;
}

}  // namespace

bool RoutedRequests::lasts(const http::Request& request, const ParsedPath& path) {
  return path.form == PathForm::resource &&
         verbOf(request.method, path.resource, Query(request.query())) == Verb::watch;
}

Task<void> RoutedRequests::serve(http::Exchange& exchange, bus::UserRef user, ParsedPath path, HttpRoute route) {
  if (hasDots(exchange.request().path())) co_return co_await replyRefused(exchange, resourceNotFound());
  gate::Attributes attributes = attributesOf(exchange.request(), path);
  Result<void> allowed = co_await gate_.ask(exchange, &gate::Gate::authorize, user, std::move(attributes));
  if (!allowed) co_return co_await replyRefused(exchange, allowed.error());
  if (route.wantsBody) {
    bool whole = co_await exchange.readBody();
    if (!whole) co_return;
  }
  gate::RoleCall call = handleCall(exchange, *user);
  gate::RoleAnswer answer = co_await gate_.ask(exchange, &gate::Gate::askHttpHandler, route.plugin, std::move(call));
  if (answer.status == CLEAT_NOT_MINE) {
    co_return co_await reply(exchange, pageNotFound());
  }
  if (answer.status != CLEAT_OK) {
    co_return co_await replyRefused(exchange, failureOf(answer, route.plugin));
  }
  auto results = gate::resultsOf(role::httpHandler::handle, answer);
  if (results.isAnswer()) co_return co_await reply(exchange, responseOf(results.getAnswer()));
  if (!route.wantsBody) {
    bool whole = co_await exchange.readBody();
    if (!whole) co_return;
  }
  co_await forward(exchange, results.getForward(), lasts(exchange.request(), path));
}

Task<void> RoutedRequests::forward(http::Exchange& exchange, role::HttpForward::Reader to, bool lasts) {
  TrustWanted wanted{str(to.getCaBundle()), to.getSkipVerify(), str(to.getCertificateFile()), str(to.getKeyFile())};
  auto tls = trust_.contextFor(wanted);
  if (!tls) co_return co_await replyRefused(exchange, Status::unavailable(tls.error().message));
  ForwardWay way{.url = str(to.getUrl())};
  ForwardWay::Own& own = way.own.emplace(ForwardWay::Own{});
  own.tls = std::move(*tls);
  own.serverName = str(to.getServerName());
  own.lasts = lasts;
  for (auto header : to.getHeaders()) own.headers.emplace_back(str(header.getName()), str(header.getValue()));
  co_await forwarder_.forward(exchange, std::move(way));
}

}  // namespace cleat::api
