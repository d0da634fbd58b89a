// What an HTTP request brings: its bytes, whole and in pieces, the path and the query, and what its headers ask for.
#include <cleat/sdk/percent.h>

#include <optional>

#include "core/api/rest/negotiation.h"
#include "core/api/rest/query.h"
#include "core/api/rest/resource_path.h"
#include "core/http/http_parser.h"
#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {
namespace {

constexpr http::MessageLimits kLimits{.headBytes = 4096, .bodyBytes = 4096};

// As a connection does it: what the parser leaves is given again, with more behind it.
void feedAll(http::RequestParser& parser, std::string_view input, size_t piece) {
  std::string waiting;
  while (!input.empty() && parser.state() < http::RequestParser::State::done) {
    waiting += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
    waiting.erase(0, parser.feed(waiting));
  }
}

void target(std::string_view path, std::string_view query, std::string_view input) {
  api::ParsedPath parsed = api::parsePath(path);
  require(parsed.form != api::PathForm::resource || !parsed.resource.resource.empty(), "a resource has no name", input);
  api::Query parameters(query);
  for (const char* name : {"limit", "timeoutSeconds", "watch", "labelSelector"}) {
    (void)parameters.number(name), (void)parameters.flag(name), (void)parameters.all(name);
  }
  std::string encoded = percentEncoded(path);
  std::optional<std::string> decoded = api::percentDecode(encoded, true);
  require(decoded && *decoded == path, "what is encoded is decoded to something else", input);
}

void request(std::string_view input) {
  http::RequestParser whole(kLimits), bytewise(kLimits);
  feedAll(whole, input, input.size());
  feedAll(bytewise, input, 1);
  using State = http::RequestParser::State;
  // What is wrong with a head may be found before or after its end has come.
  bool undecided = whole.state() == State::head || bytewise.state() == State::head;
  require((whole.state() == State::done) == (bytewise.state() == State::done) &&
              (undecided || whole.state() == bytewise.state()),
          "a request depends on how it was cut", input);
  if (whole.state() == State::failed && !undecided) {
    require(whole.failureCode() == bytewise.failureCode(), "a failure depends on how it was cut", input);
  }
  if (whole.state() != State::done) return;
  require(whole.keepAlive() == bytewise.keepAlive(), "keep-alive depends on how it was cut", input);
  http::Request a = whole.takeHead(), b = bytewise.takeHead();
  a.body = whole.takeBody(), b.body = bytewise.takeBody();
  require(a.method == b.method && a.target == b.target && a.body == b.body && a.headers.count() == b.headers.count(),
          "a request's content depends on how it was cut", input);
  require(a.body.size() <= kLimits.bodyBytes, "a body is longer than the limit", input);
  target(a.path(), a.query(), input);
  (void)api::negotiate(a.headers.get("accept"));
  (void)api::prefersDiscovery(a.headers.get("accept"), "v2");
  (void)api::bodyMedia(a.headers.get("content-type"));
  (void)api::patchMedia(a.headers.get("content-type"));
  (void)a.headers.hasToken("connection", "upgrade");
}

void response(std::string_view input) {
  http::ResponseParser parser(kLimits, false);
  std::string waiting(input), body;
  while (!parser.done() && !parser.failed()) {
    size_t taken = parser.feed(waiting, body);
    if (taken == 0) break;
    waiting.erase(0, taken);
  }
  if (!parser.done() && !parser.failed()) parser.feedEnd();
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input = cleat::fuzz::textOf(data, size);
  cleat::fuzz::request(input);
  cleat::fuzz::response(input);
  size_t mark = std::min(input.find('?'), input.size());
  cleat::fuzz::target(input.substr(0, mark), input.substr(std::min(mark + 1, input.size())), input);
  (void)cleat::api::negotiate(input);
  return 0;
}
