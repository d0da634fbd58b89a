#include "core/api/streams/forwarder.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/api/rest/indented.h"
#include "core/api/status_body.h"
#include "core/api/streams/proxy_links.h"
#include "core/base/check.h"
#include "core/http/dial.h"
#include "core/http/response_reader.h"
#include "core/http/splice.h"

namespace cleat::api {
namespace {

constexpr size_t kErrorTextBytes = 2048;
constexpr http::MessageLimits kLimits{.headBytes = 64u << 10, .bodyBytes = UINT64_MAX};
constexpr std::chrono::seconds kDialTime{10};

// Says something about one connection only, or about the caller's identity here, which is not the one over there.
bool staysHere(std::string_view name) {
  for (std::string_view each :
       {"connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "content-length", "expect", "authorization", "impersonate-user",
        "impersonate-group", "impersonate-uid"}) {
    if (http::equalIgnoringCase(name, each)) return true;
  }
  // X-Remote-User and the like is how a server tells another one who asks: nobody else may say it for us.
  for (std::string_view prefix : {"impersonate-extra-", "x-remote-"}) {
    if (http::equalIgnoringCase(name.substr(0, prefix.size()), prefix)) return true;
  }
  return false;
}

// Whether the field is not for whoever stands behind: by its name, or because the sender says so in Connection.
bool isForHere(const http::Headers& headers, std::string_view name) {
  return staysHere(name) || headers.hasToken("Connection", name);
}

std::string authorityOf(const ForwardUrl& url) { return hostPort(url.host, url.port); }

// What a proxy tells of the way that a request came, and how the other side is to answer so that links can be read.
std::string proxyFields(const http::Request& request, const ForwardUrl& url, const std::string& prefix) {
  const std::string path = url.target.substr(0, url.target.find('?'));
  return "X-Forwarded-Uri: " + prefix + path + "\r\nX-Forwarded-Host: " + std::string(request.headers.get("Host")) +
         "\r\nX-Forwarded-Proto: https\r\nAccept-Encoding: identity\r\n";
}

bool isProxyField(std::string_view name) {
  return http::equalIgnoringCase(name, "accept-encoding") || http::equalIgnoringCase(name, "x-forwarded-uri") ||
         http::equalIgnoringCase(name, "x-forwarded-host") || http::equalIgnoringCase(name, "x-forwarded-proto");
}

// Whether the field is one of those that are set in place of what the client has sent.
bool isReplaced(const ForwardWay& way, std::string_view name) {
  return way.own && std::ranges::any_of(way.own->headers, [name](const auto& field) {
           return http::equalIgnoringCase(field.first, name);
         });
}

// Nothing that would end the field or the head.
bool isFieldText(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

std::string requestText(const http::Request& request, const ForwardUrl& url, bool upgrade, const ForwardWay& way) {
  const std::string& prefix = way.prefix;
  const bool proxied = !prefix.empty();
  std::string text = request.method + " " + url.target + " HTTP/1.1\r\nHost: ";
  text += (proxied ? std::string(request.headers.get("Host")) : authorityOf(url)) + "\r\n";
  if (proxied) text += proxyFields(request, url, prefix);
  for (size_t i = 0; i < request.headers.count(); ++i) {
    auto [name, value] = request.headers.at(i);
    if (isForHere(request.headers, name) || (proxied && isProxyField(name)) || isReplaced(way, name)) continue;
    text += concat(name, ": ", value, "\r\n");
  }
  if (way.own) {
    for (const auto& [name, value] : way.own->headers) {
      if (isFieldText(name) && isFieldText(value)) text += concat(name, ": ", value, "\r\n");
    }
  }
  if (upgrade) {
    text += "Connection: Upgrade\r\nUpgrade: " + std::string(request.headers.get("Upgrade")) + "\r\n";
  } else {
    text += "Connection: close\r\n";
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

// Which pages of other origins may read an answer is this server's to say, not what stands behind a proxy.
bool admitsOrigins(std::string_view name) {
  for (std::string_view each : {"access-control-allow-credentials", "access-control-allow-headers",
                                "access-control-allow-methods", "access-control-allow-origin"}) {
    if (http::equalIgnoringCase(name, each)) return true;
  }
  return false;
}

http::ResponseHead passedHead(const http::ResponseParser& answer, bool proxied) {
  http::ResponseHead head;
  head.status = answer.status();
  head.contentType = answer.headers().get("Content-Type");
  for (size_t i = 0; i < answer.headers().count(); ++i) {
    auto [name, value] = answer.headers().at(i);
    if (isForHere(answer.headers(), name) || http::equalIgnoringCase(name, "date") ||
        http::equalIgnoringCase(name, "content-type") || (proxied && admitsOrigins(name)))
      continue;
    head.headers.emplace_back(name, value);
  }
  return head;
}

Status statusFrom(int code, std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  Status status = Status::internal("Internal error occurred: " + text);
  switch (code) {
    case 400: return Status::badRequest(std::move(text));
    case 401: return Status::unauthorized(std::move(text));
    case 403: return Status::forbidden(std::move(text));
    case 404: status = resourceNotFound(); break;
    case 503: return Status::unavailable(std::move(text));
    case 504: return Status::timeout(std::move(text));
    case 500: return status;
    default: status.reason = "Unknown";
  }
  status.code = static_cast<uint16_t>(code);
  if (!text.empty()) status.message = std::move(text);
  return status;
}

Status badGateway(std::string text) {
  Status status = Status::internal(std::move(text));
  status.code = 502;
  return status;
}

// Why what the other side says is no answer to what was asked: nobody asked for it, or it sends the client elsewhere,
// and with the client its credentials. What stands behind a proxy may do that, as any site may.
std::optional<Status> whyNoAnswer(int status, bool upgrade, const ForwardWay& way, const http::Request& request,
                                  const std::string& where) {
  if (status < 200) return badGateway(where + "it changes the protocol without being asked to");
  Status why = Status::internal({});
  why.reason = "";
  if (upgrade && status < 400) {
    why.message = "invalid upgrade response: status code " + std::to_string(status);
  } else if (way.prefix.empty() && status >= 300 && status < 400) {
    why.message = request.method + " \"" + way.url + "\": redirects forbidden";
  } else {
    return std::nullopt;
  }
  return why;
}

Task<void> answerWithError(http::Exchange& exchange, Status status) {
  http::Response response = indentedFor(exchange.request(), statusResponse(status));
  co_await exchange.send(std::move(response));
}

// An error that the other side tells in plain words becomes a Status.
Task<void> answerWithItsError(http::Exchange& exchange, http::ResponseReader& answer) {
  while (!answer.over() && answer.body.size() < kErrorTextBytes) co_await answer.more();
  co_await answerWithError(exchange, statusFrom(answer.parser().status(), answer.body.substr(0, kErrorTextBytes)));
}

// Whether it is an HTML page whose links can be read.
bool isReadablePage(const http::ResponseParser& answer) {
  const std::string_view type = answer.headers().get("Content-Type");
  const std::string_view coding = answer.headers().get("Content-Encoding");
  return http::equalIgnoringCase(type.substr(0, type.find(';')), "text/html") &&
         (coding.empty() || http::equalIgnoringCase(coding, "identity"));
}

// Passes the body on as it comes, each read at once: whoever follows a log sees every line when it is written. With a
// `place` what leads to where the other side is leads through it instead.
Task<void> passOn(http::Exchange& exchange, std::shared_ptr<http::SocketStream> stream, http::ResponseReader& answer,
                  std::optional<ProxiedPlace> place) {
  exchange.setUnhurried();  // of a log or whatever it is, one read at most waits here
  http::ResponseHead head = passedHead(answer.parser(), place.has_value());
  std::optional<ProxiedPage> page;
  if (place) {
    for (auto& [name, value] : head.headers) {
      if (http::equalIgnoringCase(name, "location")) value = place->rewritten(value);
    }
    if (isReadablePage(answer.parser())) page.emplace(*std::move(place));
  }
  bool open = co_await exchange.begin(std::move(head));
  exchange.onClosed([stream] { stream->close(); });
  while (open) {
    std::string bytes = std::exchange(answer.body, {});
    const bool over = bytes.empty() && answer.over();
    if (page) bytes = over ? page->rest() : page->feed(bytes);
    if (!bytes.empty()) {
      http::Body chunk(std::move(bytes));
      open = co_await exchange.write(std::move(chunk));
    }
    if (over) break;
    if (answer.body.empty() && !answer.over()) co_await answer.more();
  }
  if (!answer.parser().done()) co_return exchange.abort();
  co_await exchange.end();
}

}  // namespace

Result<ForwardUrl> parseForwardUrl(std::string_view text) {
  auto bad = [&] {
    return fail(Status::internal("cannot forward to \"" + std::string(text) + "\": not an http(s) URL"));
  };
  ForwardUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return bad();
  }
  size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  if (end < rest.size()) url.target = (rest[end] == '?' ? "/" : "") + std::string(rest.substr(end));
  if (url.target.find_first_of("\r\n ") != std::string::npos) return bad();
  const std::optional<HostAndPort> parts = splitHostPort(authority);
  if (!parts) return bad();
  url.host = parts->host;
  if (!parts->port.empty()) {
    const std::optional<uint16_t> port = parseInteger<uint16_t>(parts->port);
    if (port.value_or(0) == 0) return bad();
    url.port = *port;
  }
  return url;
}

Forwarder::Forwarder(base::AsioExecutor& executor, std::shared_ptr<http::TlsContext> tls)
    : executor_(executor), tls_(std::move(tls)) {
  Result<std::shared_ptr<http::TlsContext>> anyone = http::TlsContext::client({}, {}, {});
  CHECK(anyone, "TLS without a certificate needs nothing");
  strangers_ = *std::move(anyone);
}

http::DialOptions Forwarder::dialOptions(const ForwardWay& way, const ForwardUrl& url) const {
  http::DialOptions options;
  options.host = url.host;
  options.port = url.port;
  if (url.tls) options.tls = way.own ? way.own->tls : way.stranger ? strangers_ : tls_;
  if (way.own) options.serverName = way.own->serverName;
  options.timeLimit = kDialTime;
  return options;
}

Task<void> Forwarder::forward(http::Exchange& exchange, ForwardWay way) {
  Result<ForwardUrl> url = parseForwardUrl(way.url);
  if (!url) co_return co_await answerWithError(exchange, url.error());
  const bool proxied = !way.prefix.empty();
  const bool isService = proxied || way.own;
  const std::string where =
      "error trying to reach " + (isService ? "service" : url->host + ":" + std::to_string(url->port)) + ": ";
  const http::Request& request = exchange.request();
  bool upgrade = request.headers.hasToken("Connection", "upgrade") && request.headers.has("Upgrade");
  if (!way.own || way.own->lasts) exchange.setLongRunning();
  auto dialled = co_await http::dial(executor_, exchange.strand(), dialOptions(way, *url));
  if (!dialled) co_return co_await answerWithError(exchange, Status::unavailable(where + dialled.error().message));

  std::shared_ptr<http::SocketStream> stream = std::move(*dialled);
  exchange.onClosed([stream] { stream->close(); });
  http::ResponseReader answer(stream, kLimits, request.method == "HEAD");
  bool sent = co_await stream->writeAll(requestText(request, *url, upgrade, way));
  while (sent && !answer.over() && !answer.parser().headDone()) co_await answer.more();
  if (!answer.parser().headDone()) {
    stream->close();
    co_return co_await answerWithError(exchange, Status::unavailable(where + "the connection ended before an answer"));
  }
  if (upgrade && answer.parser().status() == 101) {
    // The client shall see everything that the other side said.
    exchange.onClosed(nullptr);  // each side ends the other from here on
    std::shared_ptr<http::ByteStream> client = co_await exchange.upgrade(answer.parser().headers());
    stream->putBack(answer.takeRest());
    if (client) co_await http::splice(executor_, exchange.strand(), client, stream);
    co_return;
  }
  // After an answer the other side's connection ends here, so that whatever the client sends behind its request comes
  // to this server as another request of its own.
  if (way.own && answer.parser().status() >= 200) {
    co_await passOn(exchange, stream, answer, std::nullopt);
    co_return stream->close();
  }
  if (auto why = whyNoAnswer(answer.parser().status(), upgrade, way, request, where)) {
    stream->close();
    co_return co_await answerWithError(exchange, std::move(*why));
  }
  bool failed = answer.parser().status() >= 300;
  bool isStatus = answer.parser().headers().get("Content-Type").starts_with("application/json");
  if (failed && !proxied && !isStatus) {
    co_await answerWithItsError(exchange, answer);
  } else {
    std::optional<ProxiedPlace> place;
    if (proxied) place = ProxiedPlace{way.prefix, std::string(request.headers.get("Host")), authorityOf(*url)};
    co_await passOn(exchange, stream, answer, std::move(place));
  }
  stream->close();
}

}  // namespace cleat::api
