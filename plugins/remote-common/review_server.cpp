#include "remote-common/review_server.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::remote {

namespace {

constexpr Duration kReserve = std::chrono::milliseconds(300);  // of a request's time, for what comes after
constexpr Duration kTokenKept = std::chrono::minutes(1);
constexpr size_t kMostToken = 64 * 1024, kMostShown = 512;

bool mayGoBetter(const webhook::HttpsAnswer& answer) {
  // A server that is not there now, or has closed its connection, may be back; one whose name or certificate is wrong
  // is not, and who has let all the time pass has none for another attempt.
  if (!answer.error.empty()) return answer.error == "EOF" || answer.error.find("connection re") != std::string::npos;
  return answer.status == 429 || answer.status / 100 == 5;
}

std::string refusal(const webhook::HttpsAnswer& answer) {
  if (answer.status == 401) return "Unauthorized";
  if (answer.status == 404) return "the server could not find the requested resource";
  if (answer.status / 100 == 3) return concat("unexpected redirect (", answer.status, ")");
  if (answer.status / 100 == 5) {
    return concat("an error on the server (", inQuotes(answer.body.substr(0, kMostShown)),
                  ") has prevented the request from succeeding");
  }
  return concat("the server rejected our request (", answer.status, ")");
}

}  // namespace

ReviewServer::ReviewServer(Context& context, webhook::HttpsClient& client, RemoteTarget target)
    : context_(context), client_(client), target_(std::move(target)) {}

// A token in a file may be renewed there.
Result<std::string> ReviewServer::authorization() {
  if (target_.tokenFile.empty()) return target_.authorization;
  if (!tokenHeader_.empty() && context_.now() < tokenUntil_) return tokenHeader_;
  CLEAT_TRY(std::string token, readFile(target_.tokenFile, kMostToken));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  tokenHeader_ = concat("Bearer ", token);
  tokenUntil_ = context_.now() + kTokenKept;
  return tokenHeader_;
}

Task<Result<std::string>> ReviewServer::post(std::string body, ReviewAttempts attempts, Instant deadline) {
  const Instant end = std::min(context_.now() + attempts.timeout, deadline - kReserve);
  Duration pause = attempts.firstPause;
  auto header = authorization();
  if (!header) co_return fail(header.error());
  for (int attempt = 1;; ++attempt) {
    const Duration left = end - context_.now();
    if (left <= Duration::zero()) {
      co_return fail(Status::timeout(concat("Post ", inQuotes(target_.url), ": context deadline exceeded")));
    }
    webhook::HttpsRequest request = target_.request(body);
    request.authorization = *header;
    auto posting = client_.post(std::move(request), left);
    webhook::HttpsAnswer answer = co_await std::move(posting);
    if (answer.error.empty() && answer.status / 100 == 2) co_return std::move(answer.body);
    if (attempt < attempts.most && mayGoBetter(answer) && end - context_.now() > pause) {
      co_await context_.sleep(pause);
      pause = pause * 3 / 2;
      continue;
    }
    if (!answer.error.empty()) {
      co_return fail(Status::unavailable(concat("Post ", inQuotes(target_.url), ": ", answer.error)));
    }
    co_return fail(Status::unavailable(refusal(answer)));
  }
}

Result<JsonTree> reviewStatus(std::string_view text, std::string_view apiVersion, std::string_view kind) {
  auto tree = JsonTree::parse(text);
  if (!tree) {
    return fail(Status::internal(concat("couldn't get version/kind; json parse error: ", tree.error().message)));
  }
  auto member = [&](std::string_view name) {
    auto found = tree->view().member(name);
    return found ? str(found->text()) : std::string();
  };
  const std::string version = member("apiVersion"), found = member("kind");
  if (version != apiVersion || found != kind) {
    return fail(Status::internal(
        concat("expected an answer of ", apiVersion, ", Kind=", kind, ", got ", version, ", Kind=", found)));
  }
  auto status = tree->view().member("status");
  if (!status || !status->isObject()) return fail(Status::internal("the answer has no status"));
  return JsonTree(*status);
}

}  // namespace cleat::remote
