#include "core/api/identity.h"

#include <algorithm>

#include "core/http/certificate_life.h"

namespace cleat::api {
namespace {

using bus::User;
using bus::UserRef;

// A revoked credential works this much longer on a connection that is open.
constexpr int64_t kRememberNs = 10'000'000'000;

struct Remembered {
  std::string bearerToken;
  UserRef user;
  int64_t until = 0;
};

std::string bearerToken(const http::Headers& headers) {
  std::string_view value = headers.get("Authorization");
  if (value.size() < 7 || !http::equalIgnoringCase(value.substr(0, 7), "Bearer ")) return {};
  value.remove_prefix(7);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return std::string(value);
}

}  // namespace

Task<Result<UserRef>> identify(http::Exchange& exchange, const StrandGate& gate, base::Executor& executor,
                               RequestMetrics* metrics) {
  std::string token = bearerToken(exchange.request().headers);
  http::Peer& peer = exchange.peer();
  auto remembered = std::static_pointer_cast<Remembered>(peer.remembered);
  int64_t now = executor.now();
  if (remembered && now < remembered->until && remembered->bearerToken == token) co_return remembered->user;
  gate::Credentials credentials;
  credentials.bearerToken = token;
  credentials.clientCertificates = peer.certificates;
  credentials.remoteAddress = peer.address;
  credentials.path = exchange.request().path();
  Result<User> asked = co_await gate.ask(exchange, &gate::Gate::authenticate, std::move(credentials));
  if (metrics) metrics->authenticated(asked.has_value(), executor.now() - now);
  CLEAT_CO_TRY(User user, std::move(asked));
  // Who has no credentials may be let through for one path and not for the next.
  if (std::ranges::find(user.groups, kUnauthenticated) != user.groups.end()) co_return user;
  exchange.setKnown();
  if (metrics && token.empty() && !peer.certificates.empty()) {
    if (const auto left = http::secondsLeft(peer.certificates.front())) metrics->certificateShown(*left);
  }
  auto fresh = std::make_shared<Remembered>();
  fresh->bearerToken = std::move(token);
  fresh->user = std::move(user);
  fresh->until = now + kRememberNs;
  peer.remembered = fresh;
  co_return fresh->user;
}

}  // namespace cleat::api
