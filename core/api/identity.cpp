#include "core/api/identity.h"

#include <algorithm>
#include <optional>

#include "core/api/rest/query.h"

namespace cleat::api {
namespace {

using bus::User;
using bus::UserRef;

// A revoked credential works this much longer on a connection that is open.
constexpr int64_t kRememberNs = 10'000'000'000;
// The group of those who have shown no credentials.
constexpr std::string_view kUnauthenticated = "system:unauthenticated";

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

// What the impersonation headers ask for; absent when there are none.
struct Wanted {
  User user;
};

constexpr std::string_view kExtraPrefix = "impersonate-extra-";

Result<std::optional<Wanted>> wantedUser(const http::Headers& headers) {
  Wanted wanted;
  bool asked = false, more = false;
  for (size_t i = 0; i < headers.count(); ++i) {
    auto [name, value] = headers.at(i);
    if (http::equalIgnoringCase(name, "impersonate-user")) {
      wanted.user.name = value;
      asked = true;
    } else if (http::equalIgnoringCase(name, "impersonate-group")) {
      wanted.user.groups.emplace_back(value);
      more = true;
    } else if (http::equalIgnoringCase(name, "impersonate-uid")) {
      wanted.user.uid = value;
      more = true;
    } else if (name.size() > kExtraPrefix.size() &&
               http::equalIgnoringCase(name.substr(0, kExtraPrefix.size()), kExtraPrefix)) {
      std::string key = percentDecode(name.substr(kExtraPrefix.size()), false).value_or("");
      std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::tolower(c); });
      auto& extra = wanted.user.extra;
      auto place = std::ranges::find(extra, key, &std::pair<std::string, std::vector<std::string>>::first);
      if (place == extra.end()) place = extra.insert(place, {key, {}});
      place->second.emplace_back(value);
      more = true;
    }
  }
  if (!asked && more) {
    return fail(Status::badRequest("requested impersonation of groups, a uid or extra information without a user"));
  }
  if (!asked) return std::nullopt;
  return wanted;
}

// A resource that exists for authorization only.
object::KindRef made(const char* group, const char* version, const char* plural, bool namespaced = false) {
  Ref<object::Kind> kind = makeRef<object::Kind>();
  kind->namespaced = namespaced;
  kind->group = group;
  kind->version = version;
  kind->plural = plural;
  return kind;
}

object::KindRef impersonatedKind(std::string_view plural) {
  static const object::KindRef users = made("", "v1", "users"), groups = made("", "v1", "groups"),
                               accounts = made("", "v1", "serviceaccounts", true),
                               uids = made("authentication.k8s.io", "v1", "uids"),
                               extras = made("authentication.k8s.io", "v1", "userextras");
  if (plural == "users") return users;
  if (plural == "groups") return groups;
  if (plural == "serviceaccounts") return accounts;
  if (plural == "uids") return uids;
  return extras;
}

constexpr std::string_view kAccountPrefix = "system:serviceaccount:";

// Every single thing that must be allowed for `wanted` to be taken on.
std::vector<gate::Attributes> neededFor(const User& wanted) {
  std::vector<gate::Attributes> needed;
  auto add = [&needed](std::string_view resource, std::string ns, std::string name, std::string subresource = {}) {
    gate::Attributes attributes;
    attributes.verb = "impersonate";
    attributes.kind = impersonatedKind(resource);
    attributes.ns = std::move(ns);
    attributes.name = std::move(name);
    attributes.subresource = std::move(subresource);
    needed.push_back(std::move(attributes));
  };
  std::string_view name = wanted.name;
  size_t colon = name.starts_with(kAccountPrefix) ? name.find(':', kAccountPrefix.size()) : std::string_view::npos;
  if (colon != std::string_view::npos) {
    add("serviceaccounts", std::string(name.substr(kAccountPrefix.size(), colon - kAccountPrefix.size())),
        std::string(name.substr(colon + 1)));
  } else {
    add("users", "", wanted.name);
  }
  if (!wanted.uid.empty()) add("uids", "", wanted.uid);
  for (const auto& group : wanted.groups) add("groups", "", group);
  for (const auto& [key, values] : wanted.extra) {
    for (const auto& value : values) add("userextras", "", value, key);
  }
  return needed;
}

// The groups that everyone of that name is in.
void addImpliedGroups(User& user) {
  auto add = [&user](std::string group) {
    if (std::ranges::find(user.groups, group) == user.groups.end()) user.groups.push_back(std::move(group));
  };
  std::string_view name = user.name;
  if (name == "system:anonymous") return add(std::string(kUnauthenticated));
  if (user.groups.empty() && name.starts_with(kAccountPrefix)) {
    std::string_view rest = name.substr(kAccountPrefix.size());
    add("system:serviceaccounts");
    add("system:serviceaccounts:" + std::string(rest.substr(0, rest.find(':'))));
  }
  add("system:authenticated");
}

Task<Result<UserRef>> authenticated(http::Exchange& exchange, const StrandGate& gate, base::Executor& executor) {
  std::string token = bearerToken(exchange.request().headers);
  http::Peer& peer = exchange.peer();
  auto remembered = std::static_pointer_cast<Remembered>(peer.remembered);
  int64_t now = executor.now();
  if (remembered && now < remembered->until && remembered->bearerToken == token) co_return remembered->user;
  gate::Credentials credentials;
  credentials.bearerToken = token;
  credentials.clientCertificates = peer.certificates;
  credentials.remoteAddress = peer.address;
  CLEAT_CO_TRY(User user, co_await gate.ask(exchange, &gate::Gate::authenticate, std::move(credentials)));
  if (std::ranges::find(user.groups, kUnauthenticated) == user.groups.end()) exchange.setKnown();
  auto fresh = std::make_shared<Remembered>();
  fresh->bearerToken = std::move(token);
  fresh->user = std::move(user);
  fresh->until = now + kRememberNs;
  peer.remembered = fresh;
  co_return fresh->user;
}

}  // namespace

Task<Result<Identity>> identify(http::Exchange& exchange, const StrandGate& gate, base::Executor& executor) {
  CLEAT_CO_TRY(UserRef user, co_await authenticated(exchange, gate, executor));
  CLEAT_CO_TRY(std::optional<Wanted> wanted, wantedUser(exchange.request().headers));
  if (!wanted) co_return Identity{user, user};
  std::vector<gate::Attributes> needed = neededFor(wanted->user);
  for (size_t i = 0; i < needed.size(); ++i) {
    CLEAT_CO_TRY(co_await gate.ask(exchange, &gate::Gate::authorize, user, needed[i]));
  }
  User taken = std::move(wanted->user);
  addImpliedGroups(taken);
  co_return Identity{UserRef(std::move(taken)), user, true};
}

}  // namespace cleat::api
