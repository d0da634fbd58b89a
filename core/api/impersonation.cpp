#include "core/api/impersonation.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>

#include "core/api/identity.h"
#include "core/api/rest/query.h"

namespace cleat::api {
namespace {

using bus::User;
using bus::UserRef;

constexpr std::string_view kUserHeader = "impersonate-user", kGroupHeader = "impersonate-group",
                           kUidHeader = "impersonate-uid", kExtraHeader = "impersonate-extra-";
constexpr std::string_view kAnonymous = "system:anonymous", kAuthenticated = "system:authenticated",
                           kMasters = "system:masters";
constexpr std::string_view kAccountPrefix = "system:serviceaccount:", kNodePrefix = "system:node:";
constexpr std::string_view kNodeNameKey = "authentication.kubernetes.io/node-name";
constexpr const char* kGroup = "authentication.k8s.io";

// -- What the headers ask for --

// As Go prints a struct, which is how the error is known.
std::string shown(const User& user) {
  auto texts = [](const std::vector<std::string>& all) {
    if (all.empty()) return std::string("[]string(nil)");
    std::string out = "[]string{";
    for (const std::string& text : all) {
      if (out.back() != '{') out += ", ";
      appendJsonText(out, text);
    }
    return out + "}";
  };
  std::string out = "&user.DefaultInfo{Name:\"\", UID:";
  appendJsonText(out, user.uid);
  out += concat(", Groups:", texts(user.groups), ", Extra:map[string][]string");
  if (user.extra.empty()) return out + "(nil)}";
  out += '{';
  for (const auto& [key, values] : user.extra) {
    if (out.back() != '{') out += ", ";
    appendJsonText(out, key);
    out += ":" + texts(values);
  }
  return out + "}}";
}

void addExtra(User& user, std::string_view encoded, std::string_view value) {
  std::string key = percentDecode(encoded, false).value_or(str(encoded));
  std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::tolower(c); });
  auto place = std::ranges::find(user.extra, key, &std::pair<std::string, std::vector<std::string>>::first);
  if (place == user.extra.end()) {
    // In the order of their names, as a map is shown.
    const auto behind = [&key](const auto& entry) { return entry.first > key; };
    place = user.extra.insert(std::ranges::find_if(user.extra, behind), {key, {}});
  }
  place->second.emplace_back(value);
}

// Nobody where no header says anything.
Result<std::optional<User>> wantedUser(const http::Headers& headers) {
  User wanted;
  bool more = false;
  for (size_t i = 0; i < headers.count(); ++i) {
    auto [name, value] = headers.at(i);
    if (http::equalIgnoringCase(name, kUserHeader)) {
      if (wanted.name.empty()) wanted.name = value;
    } else if (http::equalIgnoringCase(name, kGroupHeader)) {
      wanted.groups.emplace_back(value);
      more = true;
    } else if (http::equalIgnoringCase(name, kUidHeader)) {
      if (wanted.uid.empty()) wanted.uid = value;
      more = more || !value.empty();
    } else if (name.size() > kExtraHeader.size() &&
               http::equalIgnoringCase(name.substr(0, kExtraHeader.size()), kExtraHeader)) {
      addExtra(wanted, name.substr(kExtraHeader.size()), value);
      more = true;
    }
  }
  if (!wanted.name.empty()) return std::optional<User>(std::move(wanted));
  if (!more) return std::optional<User>();
  return fail(Status::badRequest(concat("requested ", shown(wanted), " without impersonating a user name")));
}

// -- Whom a name means --

struct Account {
  std::string ns, name;
};
std::optional<Account> accountOf(std::string_view user) {
  if (!user.starts_with(kAccountPrefix)) return std::nullopt;
  user.remove_prefix(kAccountPrefix.size());
  const size_t colon = user.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == user.size()) return std::nullopt;
  if (user.find(':', colon + 1) != std::string_view::npos) return std::nullopt;
  return Account{str(user.substr(0, colon)), str(user.substr(colon + 1))};
}

// Empty: it is no node.
std::string_view nodeOf(std::string_view user) {
  return user.starts_with(kNodePrefix) ? user.substr(kNodePrefix.size()) : std::string_view();
}

// Whether `who` is a service account in a pod on that node.
bool isOnNode(const User& who, std::string_view node) {
  if (!accountOf(who.name)) return false;
  for (const auto& [key, values] : who.extra) {
    if (key == kNodeNameKey) return values.size() == 1 && values[0] == node;
  }
  return false;
}

// The groups that everyone of that name is in.
void addImpliedGroups(User& user) {
  auto has = [&user](std::string_view group) { return std::ranges::find(user.groups, group) != user.groups.end(); };
  if (auto account = accountOf(user.name); account && user.groups.empty()) {
    user.groups = {"system:serviceaccounts", concat("system:serviceaccounts:", account->ns)};
  }
  if (user.name == kAnonymous) {
    if (!has(kUnauthenticated)) user.groups.emplace_back(kUnauthenticated);
  } else if (!has(kUnauthenticated) && !has(kAuthenticated)) {
    user.groups.emplace_back(kAuthenticated);
  }
}

// -- What has to be allowed --

// A resource that exists for authorization only.
object::KindRef made(const char* group, const char* plural, bool namespaced = false) {
  Ref<object::Kind> kind = makeRef<object::Kind>();
  kind->namespaced = namespaced;
  kind->group = group;
  kind->version = "v1";
  kind->plural = plural;
  return kind;
}

enum class Way { plain, constrained };

object::KindRef kindOf(std::string_view plural, Way way) {
  static const object::KindRef kPlain[] = {made("", "users"), made("", "groups"), made("", "serviceaccounts", true)};
  static const object::KindRef kBoth[] = {made(kGroup, "uids"), made(kGroup, "userextras")};
  static const object::KindRef kConstrained[] = {made(kGroup, "users"), made(kGroup, "groups"),
                                                 made(kGroup, "serviceaccounts", true), made(kGroup, "nodes")};
  for (const object::KindRef& kind : kBoth) {
    if (kind->plural == plural) return kind;
  }
  if (way == Way::constrained)
    return *std::ranges::find(kConstrained, plural, [](const auto& kind) { return kind->plural; });
  return *std::ranges::find(kPlain, plural, [](const auto& kind) { return kind->plural; });
}

// One thing that a user takes on.
gate::Attributes taking(Way way, std::string_view verb, std::string_view resource, std::string name,
                        std::string ns = {}) {
  gate::Attributes attributes;
  attributes.verb = verb;
  attributes.kind = kindOf(resource, way);
  attributes.name = std::move(name);
  attributes.ns = std::move(ns);
  return attributes;
}

// What goes with a name, each by itself.
void addRest(std::vector<gate::Attributes>& needed, Way way, std::string_view verb, const User& wanted) {
  if (!wanted.uid.empty()) needed.push_back(taking(way, verb, "uids", wanted.uid));
  for (const std::string& group : wanted.groups) needed.push_back(taking(way, verb, "groups", group));
  for (const auto& [key, values] : wanted.extra) {
    for (const std::string& value : values) {
      needed.push_back(taking(way, verb, "userextras", value));
      needed.back().subresource = key;
    }
  }
}

// One way of being allowed it.
struct Mode {
  std::string name;  // "user-info"; empty: plain
  std::vector<gate::Attributes> needed;
  std::vector<std::string> groups;  // of the user, besides those asked for
};

// Of names alone: whoever wants more than a node's or an account's name takes on something else than that.
std::vector<Mode> constrainedModes(const User& who, const User& wanted) {
  const bool isNameAlone = wanted.uid.empty() && wanted.groups.empty() && wanted.extra.empty();
  std::vector<Mode> modes;
  auto add = [&](const char* name, std::string_view resource, std::string object, std::string ns = {}) -> Mode& {
    Mode& mode = modes.emplace_back(Mode{name, {}, {}});
    mode.needed.push_back(
        taking(Way::constrained, concat("impersonate:", name), resource, std::move(object), std::move(ns)));
    return mode;
  };
  const std::string_view node = nodeOf(wanted.name);
  const std::optional<Account> account = accountOf(wanted.name);
  if (!node.empty()) {
    if (isNameAlone && isOnNode(who, node)) add("associated-node", "nodes", "*").groups = {"system:nodes"};
    if (isNameAlone) add("arbitrary-node", "nodes", str(node)).groups = {"system:nodes"};
  } else if (account) {
    if (isNameAlone) add("serviceaccount", "serviceaccounts", account->name, account->ns);
  } else {
    Mode& mode = add("user-info", "users", wanted.name);
    addRest(mode.needed, Way::constrained, "impersonate:user-info", wanted);
  }
  return modes;
}

Mode plainMode(const User& wanted) {
  Mode mode;
  if (auto account = accountOf(wanted.name)) {
    mode.needed.push_back(taking(Way::plain, "impersonate", "serviceaccounts", account->name, account->ns));
  } else {
    mode.needed.push_back(taking(Way::plain, "impersonate", "users", wanted.name));
  }
  addRest(mode.needed, Way::plain, "impersonate", wanted);
  return mode;
}

bool isPathWithDomain(std::string_view key) {
  const size_t slash = key.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < key.size();
}

// What nobody is given in the constrained way, whatever they are allowed.
Result<void> checkNeverGiven(const User& who, const gate::Attributes& needed) {
  if (needed.kind->plural == "groups" && needed.name == kMasters) {
    return fail(gate::forbidden(who, needed, "impersonating the system:masters group is not allowed"));
  }
  if (needed.kind->plural != "userextras" || isPathWithDomain(needed.subresource)) return {};
  gate::Attributes all = needed;
  all.name.clear();
  all.subresource.clear();
  return fail(gate::forbidden(
      who, all,
      concat("impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ",
             inQuotes(needed.subresource), ": must be a domain-prefixed path (such as \"acme.io/foo\")")));
}

Task<Result<void>> allowed(http::Exchange& exchange, const StrandGate& gate, UserRef who, Mode mode,
                           gate::Attributes asked) {
  if (!mode.name.empty()) {
    asked.verb = concat("impersonate-on:", mode.name, ":", asked.verb);
    CLEAT_CO_TRY(co_await gate.ask(exchange, &gate::Gate::authorize, who, std::move(asked)));
  }
  for (size_t i = 0; i < mode.needed.size(); ++i) {
    if (!mode.name.empty()) CLEAT_CO_TRY(checkNeverGiven(*who, mode.needed[i]));
    CLEAT_CO_TRY(co_await gate.ask(exchange, &gate::Gate::authorize, who, mode.needed[i]));
  }
  co_return Result<void>();
}

}  // namespace

bool impersonates(const http::Headers& headers) {
  constexpr std::string_view kPrefix = "impersonate-";
  for (size_t i = 0; i < headers.count(); ++i) {
    const std::string_view name = headers.at(i).first;
    if (name.size() > kPrefix.size() && http::equalIgnoringCase(name.substr(0, kPrefix.size()), kPrefix)) return true;
  }
  return false;
}

Task<Result<UserRef>> impersonated(http::Exchange& exchange, const StrandGate& gate, UserRef who,
                                   gate::Attributes asked) {
  CLEAT_CO_TRY(std::optional<User> wanted, wantedUser(exchange.request().headers));
  if (!wanted) co_return who;
  std::vector<Mode> modes = constrainedModes(*who, *wanted);
  modes.push_back(plainMode(*wanted));
  Result<void> first;  // what was wrong with the way that was tried first
  for (size_t i = 0; i < modes.size(); ++i) {
    std::vector<std::string> groups = modes[i].groups;
    auto asking = allowed(exchange, gate, who, modes[i], asked);
    Result<void> may = co_await std::move(asking);
    if (may) {
      User taken = *std::move(wanted);
      taken.groups.insert(taken.groups.end(), groups.begin(), groups.end());
      addImpliedGroups(taken);
      co_return taken;
    }
    if (i == 0) first = std::move(may);
  }
  co_return fail(first.error());
}

}  // namespace cleat::api
