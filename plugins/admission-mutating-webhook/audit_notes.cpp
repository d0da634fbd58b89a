#include "admission-mutating-webhook/audit_notes.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <map>

#include "webhook-common/json_object.h"

namespace cleat::webhook {

namespace {

constexpr std::string_view kMutation = "mutation.webhook.admission.k8s.io/", kPatch = "patch.webhook.admission.k8s.io/";

std::string keyOf(std::string_view prefix, const AskedHook& asked) {
  return concat(prefix, "round_", asked.again ? 1 : 0, "_index_", asked.number);
}

void name(JsonObject& members, const Hook& hook) {
  members.text("configuration", hook.configuration);
  members.text("webhook", hook.name);
}

// Operations have their members by name there.
void appendOperations(std::string& out, JsonView patch) {
  out += '[';
  bool isFirst = true;
  for (JsonView operation : patch.items()) {
    if (!std::exchange(isFirst, false)) out += ',';
    std::map<std::string_view, JsonView> members;
    for (JsonView member : operation.items()) members.insert_or_assign(member.name(), member);
    JsonObject written(out);
    for (const auto& [name, value] : members) appendJson(written.name(name), value);
  }
  out += ']';
}

}  // namespace

AuditAnnotation mutationNote(const AskedHook& asked, bool mutated) {
  AuditAnnotation note{keyOf(kMutation, asked), {}};
  {
    JsonObject members(note.value);
    name(members, asked.hook);
    members.raw("mutated", mutated ? "true" : "false");
  }
  return note;
}

AuditAnnotation patchNote(const AskedHook& asked, std::string_view patch) {
  AuditAnnotation note{keyOf(kPatch, asked), {}, true};
  {
    JsonObject members(note.value);
    name(members, asked.hook);
    if (auto tree = JsonTree::parse(patch)) appendOperations(members.name("patch"), tree->view());
    members.text("patchType", "JSONPatch");
  }
  return note;
}

AuditAnnotation failedOpenNote(const AskedHook& asked) {
  return {keyOf(concat("failed-open.", kMutation), asked), asked.hook.name};
}

}  // namespace cleat::webhook
