#include "https-common/https_reader.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>

#include <charconv>
#include <utility>

namespace cleat {

std::optional<HttpsGet> HttpsGet::ofUrl(std::string_view url, std::string target) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  const std::optional<HostAndPort> where = splitHostPort(url.substr(kScheme.size()));
  if (!where) return std::nullopt;
  HttpsGet get{.host = std::string(where->host), .target = std::move(target)};
  const char* end = where->port.data() + where->port.size();
  if (!where->port.empty() && std::from_chars(where->port.data(), end, get.port).ptr != end) return std::nullopt;
  return get;
}

// No connection is kept: there may be thousands of agents, each of which is asked now and then.
HttpsReader::HttpsReader(Context& context, HttpsReaderOptions options)
    : context_(context), options_(std::move(options)),
      client_(context, {.mostBody = options_.mostBody, .mostAtOnce = options_.mostAtOnce, .mostKept = 0}) {}

HttpsReaderOptions HttpsReader::asServer(const Config& config) {
  const std::string& folder = config.server().pkiDir;
  return {.certFile = concat(folder, "/agent-client.crt"), .keyFile = concat(folder, "/agent-client.key")};
}

Result<webhook::HttpsRequest> HttpsReader::likeAll() const {
  webhook::HttpsRequest request;
  if (!options_.certFile.empty()) {
    CLEAT_TRY(request.certificate, readFile(options_.certFile));
  }
  if (!options_.keyFile.empty()) {
    CLEAT_TRY(request.key, readFile(options_.keyFile));
  }
  if (!options_.caFile.empty()) {
    CLEAT_TRY(request.trust, readFile(options_.caFile));
  }
  request.trustsAnybody = options_.caFile.empty();
  if (!options_.impersonates.empty()) request.headers.emplace_back("Impersonate-User", options_.impersonates);
  return request;
}

// False when the deadline was there first.
Task<bool> HttpsReader::turn(Instant deadline) {
  if (underWay_ < options_.mostAtOnce) {
    ++underWay_;
    co_return true;
  }
  const auto place = waiting_.emplace(waiting_.end());
  place->limit = context_.after(deadline - context_.now(), [this, place] {
    Completion<bool> turn = place->turn;
    waiting_.erase(place);
    turn.complete(false);
  });
  Completion<bool> turn = place->turn;
  co_return co_await turn;
}

// Whoever waits longest has the place that has become free.
void HttpsReader::next() {
  if (waiting_.empty()) {
    --underWay_;
    return;
  }
  Completion<bool> turn = waiting_.front().turn;
  waiting_.pop_front();
  turn.complete(true);
}

Task<HttpsAnswer> HttpsReader::get(HttpsGet get, Duration timeout) {
  const Instant deadline = context_.now() + timeout;
  if (waiting_.size() >= options_.mostWaiting) co_return HttpsAnswer{"too many calls are waiting"};
  if (!all_) {
    auto all = likeAll();
    if (!all) co_return HttpsAnswer{concat("the certificates cannot be read: ", all.error().message)};
    all_ = *std::move(all);
  }
  const bool itsTurn = co_await turn(deadline);
  if (!itsTurn) co_return HttpsAnswer{"context deadline exceeded"};
  webhook::HttpsRequest request = *all_;
  request.authority = hostPort(get.host, get.port);
  request.serverName = get.host;
  request.host = std::move(get.host);
  request.port = get.port;
  request.target = std::move(get.target);
  auto pending = client_.get(std::move(request), deadline - context_.now());
  HttpsAnswer answer = co_await std::move(pending);
  next();
  co_return answer;
}

}  // namespace cleat
