#include "core/api/streams/forwarder.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/http/http_parser.h"
#include "core/http/splice.h"
#include "core/api/status_body.h"
#include "core/http/dial.h"

namespace cleat::api {
namespace {

constexpr size_t kErrorTextBytes = 2048;
constexpr size_t kReadBytes = 16384;
constexpr std::chrono::seconds kDialTime{10};

// Says something about one connection only, or about the caller's identity here, which is not the one over there.
bool staysHere(std::string_view name) {
  for (std::string_view each : {"connection", "keep-alive", "proxy-connection", "proxy-authenticate",
                                "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "host",
                                "content-length", "expect", "authorization", "impersonate-user", "impersonate-group",
                                "impersonate-uid"}) {
    if (http::equalIgnoringCase(name, each)) return true;
  }
  constexpr std::string_view kExtra = "impersonate-extra-";
  return name.size() > kExtra.size() && http::equalIgnoringCase(name.substr(0, kExtra.size()), kExtra);
}

std::string requestText(const http::Request& request, const ForwardUrl& url, bool upgrade) {
  bool v6 = url.host.find(':') != std::string::npos;
  std::string text = request.method + " " + url.target + " HTTP/1.1\r\nHost: ";
  text += (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port) + "\r\n";
  for (size_t i = 0; i < request.headers.count(); ++i) {
    auto [name, value] = request.headers.at(i);
    if (staysHere(name)) continue;
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
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

// The head of a 101 as the client shall see it: everything the other side said.
std::string upgradeHead(const http::ResponseParser& answer) {
  std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (size_t i = 0; i < answer.headers().count(); ++i) {
    auto [name, value] = answer.headers().at(i);
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  return text + "\r\n";
}

http::ResponseHead passedHead(const http::ResponseParser& answer) {
  http::ResponseHead head;
  head.status = answer.status();
  head.contentType = answer.headers().get("Content-Type");
  for (size_t i = 0; i < answer.headers().count(); ++i) {
    auto [name, value] = answer.headers().at(i);
    if (staysHere(name) || http::equalIgnoringCase(name, "date") || http::equalIgnoringCase(name, "content-type")) continue;
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

// The other side's answer, read bit by bit. Lives in the coroutine's frame.
struct Answer {
  std::shared_ptr<http::SocketStream> stream;
  http::ResponseParser parser;
  std::string unparsed;  // read, not taken by the parser yet
  std::string body;      // taken, not passed on yet
  bool ended = false;

  Answer(std::shared_ptr<http::SocketStream> from, bool toHead)
      : stream(std::move(from)), parser({.headBytes = 64u << 10, .bodyBytes = UINT64_MAX}, toHead) {}

  bool over() const { return parser.done() || parser.failed() || ended; }

  // Takes what is there. kAgain: nothing was.
  ssize_t take() {
    thread_local char scratch[kReadBytes];
    ssize_t size = stream->readSome(scratch, sizeof scratch);
    if (size > 0) {
      unparsed.append(scratch, static_cast<size_t>(size));
      unparsed.erase(0, parser.feed(unparsed, body));
    } else if (size != http::ByteStream::kAgain) {
      ended = true;
      if (size == http::ByteStream::kEnd) parser.feedEnd();
    }
    return size;
  }
};

Task<bool> sendAll(std::shared_ptr<http::SocketStream> stream, std::string text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    ssize_t size = stream->writeSome(rest.data(), rest.size());
    if (size > 0) {
      rest.remove_prefix(static_cast<size_t>(size));
    } else if (size == http::ByteStream::kAgain) {
      co_await stream->writable();
    } else {
      co_return false;
    }
  }
  co_return true;
}

Task<void> answerWithError(http::Exchange& exchange, Status status) {
  http::Response response = statusResponse(status);
  co_await exchange.send(std::move(response));
}

// An error that the other side tells in plain words becomes a Status.
Task<void> answerWithItsError(http::Exchange& exchange, Answer& answer) {
  while (!answer.over() && answer.body.size() < kErrorTextBytes) {
    if (answer.take() == http::ByteStream::kAgain) co_await answer.stream->readable();
  }
  co_await answerWithError(exchange, statusFrom(answer.parser.status(), answer.body.substr(0, kErrorTextBytes)));
}

// Passes the body on as it comes, each read at once: whoever follows a log sees every line when it is written.
Task<void> passOn(http::Exchange& exchange, Answer& answer) {
  bool open = co_await exchange.begin(passedHead(answer.parser));
  std::shared_ptr<http::SocketStream> stream = answer.stream;
  exchange.onClosed([stream] { stream->close(); });
  while (open) {
    if (!answer.body.empty()) {
      http::Body chunk(std::exchange(answer.body, {}));
      open = co_await exchange.write(std::move(chunk));
      continue;
    }
    if (answer.over()) break;
    if (answer.take() == http::ByteStream::kAgain) co_await stream->readable();
  }
  if (!answer.parser.done()) co_return exchange.abort();
  co_await exchange.end();
}

}  // namespace

Result<ForwardUrl> parseForwardUrl(std::string_view text) {
  auto bad = [&] { return fail(Status::internal("cannot forward to \"" + std::string(text) + "\": not an http(s) URL")); };
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
  std::string_view port;
  if (authority.starts_with('[')) {
    size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad();
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    port = authority.substr(url.host.size());
  }
  if (url.host.empty()) return bad();
  if (!port.empty()) {
    auto [parsed, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
    if (port[0] != ':' || error != std::errc() || parsed != port.data() + port.size() || url.port == 0) return bad();
  }
  return url;
}

Task<void> Forwarder::forward(http::Exchange& exchange, std::string text, Errors errors) {
  Result<ForwardUrl> url = parseForwardUrl(text);
  if (!url) co_return co_await answerWithError(exchange, url.error());
  const http::Request& request = exchange.request();
  bool upgrade = request.headers.hasToken("Connection", "upgrade") && request.headers.has("Upgrade");
  exchange.setLongRunning();
  http::DialOptions dial;
  dial.host = url->host;
  dial.port = url->port;
  if (url->tls) dial.tls = tls_;
  dial.timeLimit = kDialTime;
  Result<std::shared_ptr<http::SocketStream>> stream = co_await http::dial(executor_, exchange.strand(), std::move(dial));
  co_await exchange.hop();
  if (!stream) co_return co_await answerWithError(exchange, stream.error());

  Answer answer(*stream, request.method == "HEAD");
  bool sent = co_await sendAll(*stream, requestText(request, *url, upgrade));
  while (sent && !answer.over() && !answer.parser.headDone()) {
    if (answer.take() == http::ByteStream::kAgain) co_await (*stream)->readable();
  }
  if (!answer.parser.headDone()) {
    (*stream)->close();
    Status status = Status::unavailable("error trying to reach " + url->host + ":" + std::to_string(url->port) +
                                        ": the connection ended before an answer");
    co_return co_await answerWithError(exchange, std::move(status));
  }
  if (upgrade && answer.parser.status() == 101) {
    std::string toUpstream, toClient = upgradeHead(answer.parser) + answer.unparsed;
    std::shared_ptr<http::ByteStream> client = exchange.takeOver(toUpstream);
    co_await http::splice(executor_, exchange.strand(), client, *stream, std::move(toUpstream), std::move(toClient));
    co_return;
  }
  bool failed = answer.parser.status() >= 300;
  bool isStatus = answer.parser.headers().get("Content-Type").starts_with("application/json");
  if (failed && errors == Errors::asStatus && !isStatus) {
    co_await answerWithItsError(exchange, answer);
  } else {
    co_await passOn(exchange, answer);
  }
  (*stream)->close();
}

}  // namespace cleat::api
