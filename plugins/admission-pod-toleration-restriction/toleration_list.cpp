#include "toleration_list.h"

#include <cleat/sdk/json_tree.h>

namespace cleat {
namespace {

// As Kubernetes answers where an annotation of a namespace is no such list.
Status malformed(std::string_view what) {
  return {.code = 500, .reason = "", .message = concat("json: cannot unmarshal ", what)};
}

Result<void> read(JsonView from, core_v1::Toleration::Builder to) {
  if (!from.isObject()) return fail(malformed("a value that is no object into a toleration"));
  for (JsonView member : from.items()) {
    const std::string_view name = member.name();
    if (member.isNull()) continue;
    if (name == "tolerationSeconds") {
      auto seconds = member.integer();
      if (!seconds) return fail(malformed("a value that is no whole number into tolerationSeconds"));
      to.initTolerationSeconds().setValue(*seconds);
      continue;
    }
    const bool known = name == "key" || name == "operator" || name == "value" || name == "effect";
    if (!known) continue;
    if (!member.isText()) return fail(malformed(concat("a value that is no text into ", name)));
    const std::string text(member.text());
    if (name == "key") to.setKey(text);
    if (name == "operator") to.setOperator(text);
    if (name == "value") to.setValue(text);
    if (name == "effect") to.setEffect(text);
  }
  return {};
}

}  // namespace

Result<Tolerations> Tolerations::parse(std::string_view json) {
  Tolerations parsed;
  parsed.spec_ = std::make_shared<Draft<core_v1::PodSpec>>();
  if (json.empty()) return parsed;
  Result<JsonTree> tree = JsonTree::parse(json);
  if (!tree) return fail({.code = 500, .reason = "", .message = tree.error().message});
  const JsonView root = tree->view();
  if (!root.isList() && !root.isNull()) return fail(malformed("a value that is no list into tolerations"));
  auto list = (*parsed.spec_)->initTolerations(root.items().size());
  for (uint32_t i = 0; i < list.size(); ++i) CLEAT_TRY(read(root.items()[i], list[i]));
  return parsed;
}

bool areAllowed(TolerationList::Reader tolerations, const Tolerations& allowed) {
  if (allowed.empty()) return true;
  for (auto one : tolerations) {
    bool covered = false;
    for (auto wide : allowed.list()) covered = covered || covers(wide, one);
    if (!covered) return false;
  }
  return true;
}

}  // namespace cleat
