// Connections to what stands behind an object: their streams, and pages that are proxied.
#include "core/api/api_handler.h"
#include "core/api/rest/request_form.h"
#include "core/api/status_body.h"

namespace cleat::api {

Task<void> ApiHandler::serveConnect(RestRequest& request) {
  const http::Request& sent = request.exchange.request();
  if (!mayConnect(*request.subresource, sent.method)) co_return co_await answerError(request, verbNotAllowed());
  Result<gate::ConnectTarget> target =
      co_await request.ask(&gate::Gate::connect, request.user, request.target, sent.method, std::string(sent.query()),
                           request.path.rest, &request.warnings);
  if (!target) co_return co_await answerError(request, target.error());
  ForwardWay way{.url = target->url, .stranger = target->stranger};
  if (target->proxied) {
    const std::string_view path = sent.path(), rest = request.path.rest;
    way.prefix = path.substr(0, path.size() - rest.size());
    const bool looks = sent.method == "GET" || sent.method == "HEAD";
    if (rest.empty() && looks && !sent.headers.has("Upgrade")) co_return co_await sendBehindSlash(request);
  }
  bool whole = co_await request.exchange.readBody();
  if (!whole) co_return;
  if (target->url.empty()) {
    // There is nothing there yet.
    http::Response nothing{.head = headFor(request, 204), .body = {}};
    nothing.head.contentType.clear();
    co_await request.exchange.send(std::move(nothing));
    co_return;
  }
  co_await forwarder_.forward(request.exchange, std::move(way));
}

// Relative links of a page are of the folder that it is in: a proxied root has to be one.
Task<void> ApiHandler::sendBehindSlash(RestRequest& request) {
  const http::Request& sent = request.exchange.request();
  http::Response response;
  response.head.status = 301;
  std::string place = std::string(sent.path()) + "/";
  if (!sent.query().empty()) place += "?" + std::string(sent.query());
  response.head.headers.emplace_back("Location", std::move(place));
  co_await request.exchange.send(std::move(response));
}

}  // namespace cleat::api
