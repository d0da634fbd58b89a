#include "extensions/extender_json.h"

#include <cleat/sdk/struct_json.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/try.h>

#include <algorithm>
#include <cctype>

namespace cleat::scheduling {
namespace {

bool sameLetters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// As Go reads it: the letters' case does not matter.
std::optional<JsonView> memberOf(JsonView object, std::string_view name) {
  for (const JsonView member : object.items()) {
    if (sameLetters(member.name(), name)) return member.isNull() ? std::nullopt : std::optional(member);
  }
  return std::nullopt;
}

std::string textOf(JsonView object, std::string_view name) {
  const auto member = memberOf(object, name);
  return member ? std::string(member->text()) : std::string();
}

Result<JsonTree> parsed(std::string_view json) {
  auto tree = JsonTree::parse(json);
  if (!tree) return fail(Status::internal(concat("the answer is no JSON: ", tree.error().message)));
  return tree;
}

void appendNamed(std::string& out, std::string_view name) {
  appendJsonText(out, name);
  out += ':';
}

void appendVictims(std::string& out, const RoomOffer& offer, bool byUid) {
  out += R"({"Pods":[)";
  bool first = true;
  for (const Object<Pod>& pod : offer.victims) {
    if (!std::exchange(first, false)) out += ',';
    if (byUid) {
      out += R"({"UID":)";
      appendJsonText(out, pod.uid());
      out += '}';
    } else {
      out += objectJson(pod);
    }
  }
  appendTo(out, concat(R"(],"NumPDBViolations":)", offer.violations, '}'));
}

}  // namespace

std::string objectJson(const Object<Pod>& pod) { return jsonText(structJson(*pod).view()); }
std::string objectJson(const Object<Node>& node) { return jsonText(structJson(*node).view()); }

std::string extenderArgs(std::string_view podJson, const ExtenderNodes& nodes) {
  std::string out = concat(R"({"Pod":)", podJson);
  if (nodes.byName) {
    out += R"(,"Nodes":null,"NodeNames":[)";
    for (size_t i = 0; i < nodes.names.size(); ++i) {
      if (i > 0) out += ',';
      appendJsonText(out, nodes.names[i]);
    }
    return out + "]}";
  }
  out += R"(,"Nodes":{"metadata":{},"items":[)";
  for (size_t i = 0; i < nodes.objects.size(); ++i) {
    if (i > 0) out += ',';
    out += nodes.objects[i];
  }
  return out + R"(]},"NodeNames":null})";
}

std::string extenderBindingArgs(const Object<Pod>& pod, std::string_view node) {
  std::string out = R"({"PodName":)";
  appendJsonText(out, pod.name());
  out += R"(,"PodNamespace":)";
  appendJsonText(out, pod.ns());
  out += R"(,"PodUID":)";
  appendJsonText(out, pod.uid());
  out += R"(,"Node":)";
  appendJsonText(out, node);
  return out + '}';
}

Result<ExtenderFilterResult> readFilterResult(std::string_view json, bool byName) {
  CLEAT_TRY(const JsonTree tree, parsed(json));
  const JsonView answer = tree.view();
  if (!answer.isObject()) return fail(Status::internal("the answer is no ExtenderFilterResult"));
  ExtenderFilterResult result;
  result.error = textOf(answer, "Error");
  if (const auto names = memberOf(answer, "NodeNames"); byName && names) {
    for (const JsonView name : names->items()) result.nodes.emplace_back(name.text());
  } else if (const auto nodes = memberOf(answer, "Nodes"); nodes) {
    const auto items = memberOf(*nodes, "items");
    for (const JsonView node : items ? items->items() : JsonList()) {
      const auto metadata = memberOf(node, "metadata");
      if (metadata) result.nodes.push_back(textOf(*metadata, "name"));
    }
  }
  for (const char* list : {"FailedNodes", "FailedAndUnresolvableNodes"}) {
    const auto failed = memberOf(answer, list);
    if (!failed) continue;
    for (const JsonView node : failed->items()) result.failed.emplace(node.name(), node.text());
  }
  return result;
}

Result<std::vector<std::pair<std::string, int64_t>>> readPriorities(std::string_view json) {
  CLEAT_TRY(const JsonTree tree, parsed(json));
  if (!tree.view().isList() && !tree.view().isNull())
    return fail(Status::internal("the answer is no HostPriorityList"));
  std::vector<std::pair<std::string, int64_t>> priorities;
  for (const JsonView entry : tree.view().items()) {
    const auto score = memberOf(entry, "Score");
    priorities.emplace_back(textOf(entry, "Host"), score ? score->integer().value_or(0) : 0);
  }
  return priorities;
}

Result<std::string> readBindingResult(std::string_view json) {
  CLEAT_TRY(const JsonTree tree, parsed(json));
  return textOf(tree.view(), "Error");
}

std::string extenderPreemptionArgs(std::string_view podJson, const std::vector<RoomOffer>& offers, bool byUid) {
  std::string out =
      concat(R"({"Pod":)", podJson,
             byUid ? R"(,"NodeNameToVictims":null,"NodeNameToMetaVictims":{)" : R"(,"NodeNameToVictims":{)");
  bool first = true;
  for (const RoomOffer& offer : offers) {
    if (!std::exchange(first, false)) out += ',';
    appendNamed(out, offer.node);
    appendVictims(out, offer, byUid);
  }
  return out + (byUid ? "}}" : R"(},"NodeNameToMetaVictims":null})");
}

Result<std::vector<ExtenderVictims>> readPreemptionResult(std::string_view json) {
  CLEAT_TRY(const JsonTree tree, parsed(json));
  std::vector<ExtenderVictims> result;
  const auto nodes = memberOf(tree.view(), "NodeNameToMetaVictims");
  for (const JsonView node : nodes ? nodes->items() : JsonList()) {
    ExtenderVictims& victims = result.emplace_back();
    victims.node = node.name();
    const auto pods = memberOf(node, "Pods");
    for (const JsonView pod : pods ? pods->items() : JsonList()) victims.uids.push_back(textOf(pod, "UID"));
    const auto violations = memberOf(node, "NumPDBViolations");
    if (violations) victims.violations = violations->integer().value_or(0);
  }
  return result;
}

}  // namespace cleat::scheduling
