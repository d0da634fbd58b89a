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

void appendVictims(std::string& out, const ExtenderVictims& victims, bool byName) {
  out += R"({"Pods":[)";
  bool first = true;
  for (const Object<Pod>& pod : victims.pods) {
    if (!std::exchange(first, false)) out += ',';
    if (byName) {
      out += R"({"UID":)";
      appendJsonText(out, pod.uid());
      out += '}';
    } else {
      out += objectJson(pod);
    }
  }
  appendTo(out, concat(R"(],"NumPDBViolations":)", victims.violations, '}'));
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

std::string extenderPreemptionArgs(std::string_view podJson, const std::map<std::string, ExtenderVictims>& victims,
                                   bool byName) {
  std::string out =
      concat(R"({"Pod":)", podJson,
             byName ? R"(,"NodeNameToVictims":null,"NodeNameToMetaVictims":{)" : R"(,"NodeNameToVictims":{)");
  bool first = true;
  for (const auto& [node, who] : victims) {
    if (!std::exchange(first, false)) out += ',';
    appendNamed(out, node);
    appendVictims(out, who, byName);
  }
  return out + (byName ? "}}" : R"(},"NodeNameToMetaVictims":null})");
}

Result<std::map<std::string, std::vector<std::string>>> readPreemptionResult(std::string_view json) {
  CLEAT_TRY(const JsonTree tree, parsed(json));
  std::map<std::string, std::vector<std::string>> result;
  const auto nodes = memberOf(tree.view(), "NodeNameToMetaVictims");
  for (const JsonView node : nodes ? nodes->items() : JsonList()) {
    std::vector<std::string>& uids = result[std::string(node.name())];
    const auto pods = memberOf(node, "Pods");
    for (const JsonView pod : pods ? pods->items() : JsonList()) uids.push_back(textOf(pod, "UID"));
  }
  return result;
}

}  // namespace cleat::scheduling
