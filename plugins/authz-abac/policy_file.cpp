#include "policy_file.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/lists.h>

#include <algorithm>
#include <optional>

namespace cleat::abac {

namespace {

constexpr const char* kAuthenticated = "system:authenticated";
constexpr std::string_view kApiVersion = "abac.authorization.kubernetes.io/v1beta1";

bool fits(std::string_view rule, std::string_view value) { return rule == "*" || rule == value; }

bool isReading(std::string_view verb) { return verb == "get" || verb == "list" || verb == "watch"; }

// The members of a line, of which every one has to be known and of its type.
class Members {
 public:
  explicit Members(JsonView object) : object_(object) {}

  std::string text(std::string_view name) {
    known_.push_back(name);
    auto member = object_.member(name);
    if (member && !member->isText() && why_.empty()) why_ = concat(name, ": expected a text");
    return member ? str(member->text()) : std::string();
  }
  bool boolean(std::string_view name) {
    known_.push_back(name);
    auto member = object_.member(name);
    if (member && member->type() != JsonType::boolean && why_.empty()) why_ = concat(name, ": expected true or false");
    return member && member->boolean();
  }
  void knows(std::string_view name) { known_.push_back(name); }
  // Empty where all is well.
  std::string verdict() const {
    if (!why_.empty()) return why_;
    for (JsonView member : object_.items()) {
      if (std::ranges::find(known_, member.name()) == known_.end()) return concat(member.name(), ": unknown field");
    }
    return {};
  }

 private:
  JsonView object_;
  std::vector<std::string_view> known_;
  std::string why_;
};

PolicyLine readLine(Members& members) {
  PolicyLine line;
  line.user = members.text("user");
  line.group = members.text("group");
  line.ns = members.text("namespace");
  line.resource = members.text("resource");
  line.isReadonly = members.boolean("readonly");
  return line;
}

void nameEverybody(PolicyLine& line) {
  if (line.user != "*" && line.group != "*") return;
  line.user.clear();
  line.group = kAuthenticated;
}

// What is left out means anything, in all groups.
PolicyLine fromBefore(PolicyLine line) {
  if (line.user.empty() && line.group.empty()) line.group = kAuthenticated;
  if (line.ns.empty() && line.resource.empty()) line.path = "*";
  if (line.ns.empty()) line.ns = "*";
  if (line.resource.empty()) line.resource = "*";
  line.apiGroup = "*";
  return line;
}

Result<PolicyLine> parseLine(std::string_view text) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(text));
  if (!tree.view().isObject()) return fail(Status::badRequest("expected an object"));
  Members top(tree.view());
  PolicyLine line;
  std::string why;
  if (!tree.view().member("apiVersion") && !tree.view().member("kind")) {
    line = fromBefore(readLine(top));
    why = top.verdict();
  } else {
    const std::string version = top.text("apiVersion"), kind = top.text("kind");
    if (version != kApiVersion || kind != "Policy") {
      return fail(
          Status::badRequest(concat("no kind ", inQuotes(kind), " is registered for version ", inQuotes(version))));
    }
    top.knows("spec");
    auto spec = tree.view().member("spec");
    if (spec && !spec->isObject()) return fail(Status::badRequest("spec: expected an object"));
    Members members(spec.value_or(JsonView()));
    line = readLine(members);
    line.apiGroup = members.text("apiGroup");
    line.path = members.text("nonResourcePath");
    why = top.verdict();
    if (std::string inSpec = members.verdict(); why.empty() && !inSpec.empty()) why = "spec." + inSpec;
  }
  if (!why.empty()) return fail(Status::badRequest(why));
  nameEverybody(line);
  return line;
}

}  // namespace

// Of two that are named both have to fit; a line that names nobody is for nobody.
bool PolicyLine::isFor(role::User::Reader who) const {
  if (!user.empty() && user != view(who.getName())) return false;
  if (!group.empty() && !contains(who.getGroups(), group)) return false;
  return !user.empty() || !group.empty();
}

bool PolicyLine::matches(role::Attributes::Reader attributes) const {
  if (!isFor(attributes.getUser())) return false;
  if (isReadonly && !isReading(view(attributes.getVerb()))) return false;
  const std::string_view wanted = view(attributes.getPath());
  if (wanted.empty()) {
    return fits(ns, view(attributes.getNamespace())) && fits(resource, view(attributes.getResource())) &&
           fits(apiGroup, view(attributes.getGroup()));
  }
  if (path.ends_with('*')) return wanted.starts_with(std::string_view(path).substr(0, path.size() - 1));
  return path == wanted;
}

Result<std::vector<PolicyLine>> parsePolicy(std::string_view text, std::string_view fileName) {
  std::vector<PolicyLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    auto parsed = parseLine(line);
    if (!parsed) return fail(Status::badRequest(concat(fileName, ":", number, ": ", parsed.error().message)));
    lines.push_back(*std::move(parsed));
  }
  return lines;
}

}  // namespace cleat::abac
