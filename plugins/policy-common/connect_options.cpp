#include "policy-common/connect_options.h"

#include <cleat/sdk/percent.h>
#include <cleat/sdk/text.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::policy {

namespace {

using cel::Value;

struct Connectable {
  std::string_view resource, subresource, kind;
};
constexpr std::array<Connectable, 6> kConnectables{{{"pods", "exec", "PodExecOptions"},
                                                    {"pods", "attach", "PodAttachOptions"},
                                                    {"pods", "portforward", "PodPortForwardOptions"},
                                                    {"pods", "proxy", "PodProxyOptions"},
                                                    {"services", "proxy", "ServiceProxyOptions"},
                                                    {"nodes", "proxy", "NodeProxyOptions"}}};

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Nothing where a percent sign is followed by no number.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// The parameters of an address, in order; those that are malformed are passed over, as the API does.
class Parameters {
 public:
  explicit Parameters(std::string_view query) {
    while (!query.empty()) {
      const std::string_view one = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), one.size() + 1));
      const size_t equals = std::min(one.find('='), one.size());
      auto name = decoded(one.substr(0, equals));
      auto value = decoded(one.substr(std::min(equals + 1, one.size())));
      if (!one.empty() && name && value) all_.emplace_back(*std::move(name), *std::move(value));
    }
  }

  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : all_) {
      if (key == name) values.push_back(value);
    }
    return values;
  }
  std::string first(std::string_view name) const {
    const std::vector<std::string> values = all(name);
    return values.empty() ? std::string() : values.front();
  }
  // One that is there without a value is true.
  bool flag(std::string_view name) const {
    const std::vector<std::string> values = all(name);
    if (values.empty()) return false;
    std::string value = values.front();
    for (char& c : value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return value != "false" && value != "0";
  }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// Several in one value, separated by commas, or several values.
std::vector<Value> portsOf(const Parameters& parameters) {
  std::vector<Value> ports;
  for (const std::string& value : parameters.all("ports")) {
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      // What is no number is refused where the connection is made.
      if (auto port = parseInteger<int32_t>(one)) ports.push_back(Value::integer(*port));
    }
  }
  return ports;
}

class Options {
 public:
  explicit Options(const KindKey& kind) {
    text("kind", str(kind.kind));
    text("apiVersion", str(kind.version));
  }
  void text(std::string_view name, std::string value) {
    if (!value.empty()) add(name, Value::ownText(std::move(value)));
  }
  void flag(std::string_view name, bool value) {
    if (value) add(name, Value::boolean(true));
  }
  void list(std::string_view name, std::vector<Value> values) {
    if (!values.empty()) add(name, Value::list(std::move(values)));
  }
  Value finish() && { return std::move(members_).finish(); }

 private:
  void add(std::string_view name, Value value) { (void)members_.add(Value::ownText(str(name)), std::move(value)); }
  cel::MapBuilder members_;
};

// What options of a kind may have.
struct Member {
  enum Type : uint8_t { text, flag, texts, numbers };
  std::string_view name;
  Type type;
};
constexpr std::array<Member, 6> kExecMembers{{{"stdin", Member::flag},
                                              {"stdout", Member::flag},
                                              {"stderr", Member::flag},
                                              {"tty", Member::flag},
                                              {"container", Member::text},
                                              {"command", Member::texts}}};
constexpr std::array<Member, 1> kForwardMembers{{{"ports", Member::numbers}}};
constexpr std::array<Member, 1> kProxyMembers{{{"path", Member::text}}};

std::span<const Member> membersOf(std::string_view kind) {
  const std::span<const Member> exec(kExecMembers);
  if (kind == "PodExecOptions") return exec;
  if (kind == "PodAttachOptions") return exec.first(exec.size() - 1);  // there is no command
  if (kind == "PodPortForwardOptions") return kForwardMembers;
  return kProxyMembers;
}

std::string_view textIn(const Document& object, std::string_view name) {
  const Document* member = object.find(name);
  return member == nullptr ? std::string_view() : std::string_view(member->text);
}

void addPair(std::string& query, std::string_view name, std::string_view value) {
  appendTo(query, concat(query.empty() ? "" : "&", name, "=", percentEncoded(value, "-_.~/")));
}

// False where the value is of another type.
bool addMember(std::string& query, const Member& member, const Document& value) {
  using Type = Document::Type;
  if (member.type == Member::flag) {
    if (value.type == Type::boolean && value.boolean) addPair(query, member.name, "true");
    return value.type == Type::boolean;
  }
  if (member.type == Member::text) {
    if (value.type == Type::text && !value.text.empty()) addPair(query, member.name, value.text);
    return value.type == Type::text;
  }
  const Type wanted = member.type == Member::texts ? Type::text : Type::integer;
  if (!value.isList()) return false;
  for (const Document& item : value.items) {
    if (item.type != wanted) return false;
    addPair(query, member.name, wanted == Type::text ? item.text : std::to_string(item.integer));
  }
  return true;
}

}  // namespace

std::optional<KindKey> connectKind(role::AdmissionParams::Reader params) {
  auto ref = params.getRef();
  if (params.getOperation() != role::Operation::CONNECT || ref.getGroup().size() > 0) return std::nullopt;
  for (const Connectable& each : kConnectables) {
    if (each.resource == view(ref.getResource()) && each.subresource == view(ref.getSubresource())) {
      return KindKey{"", "v1", each.kind};
    }
  }
  return std::nullopt;
}

Value connectOptions(std::string_view query, const KindKey& kind) {
  const Parameters parameters(query);
  Options options(kind);
  for (const Member& member : membersOf(kind.kind)) {
    switch (member.type) {
      case Member::text: options.text(member.name, parameters.first(member.name)); break;
      case Member::flag: options.flag(member.name, parameters.flag(member.name)); break;
      case Member::texts: {
        std::vector<Value> values;
        for (std::string& value : parameters.all(member.name)) values.push_back(Value::ownText(std::move(value)));
        options.list(member.name, std::move(values));
        break;
      }
      case Member::numbers: options.list(member.name, portsOf(parameters)); break;
    }
  }
  return std::move(options).finish();
}

Result<std::string> connectQuery(const Document& options, const KindKey& kind) {
  if (!options.isObject() || textIn(options, "kind") != kind.kind || textIn(options, "apiVersion") != kind.version) {
    return fail(Status::badRequest(concat("the options of the connection are no ", kind.kind)));
  }
  std::string query;
  for (const Member& member : membersOf(kind.kind)) {
    const Document* value = options.find(member.name);
    if (value == nullptr || value->type == Document::Type::null) continue;
    if (!addMember(query, member, *value)) {
      return fail(Status::badRequest(concat("json: cannot unmarshal the field ", kind.kind, ".", member.name)));
    }
  }
  return query;
}

}  // namespace cleat::policy
