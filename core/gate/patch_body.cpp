#include "core/gate/patch_body.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

#include "core/object/json/json_text.h"
#include "core/object/json/strict_errors.h"
#include "core/object/patch/patch.h"

namespace cleat::gate {
namespace {

namespace json = boost::json;
using object::FieldValidation;

// Kubernetes reads the operations into structs of its own before it applies them.
void addUnknownMembers(const json::value& operations, std::vector<std::string>& problems) {
  static constexpr std::string_view kKnown[] = {"op", "path", "from", "value"};
  const json::array* list = operations.if_array();
  for (size_t i = 0; list && i < list->size(); ++i) {
    const json::object* operation = (*list)[i].if_object();
    if (!operation) continue;
    for (const auto& member : *operation) {
      if (!object::mayTellMore(problems)) return;
      if (std::ranges::find(kKnown, std::string_view(member.key())) != std::end(kKnown)) continue;
      problems.push_back("unknown field \"[" + std::to_string(i) + "]." + std::string(member.key()) + "\"");
    }
  }
}

// A value as Go prints one, which is how errors about strategic patches show them: map[spec:map[replicas:2]].
void appendGo(std::string& out, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const json::key_value_pair* member) { return member->key(); });
    out += "map[";
    for (const json::key_value_pair* member : members) {
      if (member != members.front()) out += ' ';
      out.append(member->key()).append(":");
      appendGo(out, member->value());
    }
    out += ']';
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ' ';
      appendGo(out, (*array)[i]);
    }
    out += ']';
  } else if (const json::string* text = value.if_string()) {
    out.append(*text);
  } else {
    out += value.is_null() ? "<nil>" : object::jsonText(value);
  }
}

// `shown` is the value that is refused.
Status invalidPatch(const std::string& shown, const std::string& why) {
  return Status::invalid(
      "", "", {{"FieldValueInvalid", "Invalid value: " + object::jsonText(json::value(shown)) + ": " + why, "patch"}});
}

Result<json::value> applyTo(const PatchBody& patch, const object::Kind& kind, const json::value& target) {
  switch (patch.type) {
    case bus::PatchType::json: return object::applyJsonPatch(target, patch.value);
    case bus::PatchType::merge: return object::applyMergePatch(target, patch.value);
    default: return object::applyStrategicPatch(kind, target, patch.value);
  }
}

// What a strategic patch makes is read from a tree, what others make is text again.
object::Integers integersIn(const PatchBody& patch) {
  return patch.type == bus::PatchType::strategic ? object::Integers::anyForm : object::Integers::plain;
}

}  // namespace

bool PatchBody::namesRevision() const {
  const json::object* root = value.if_object();
  const json::value* meta = root ? root->if_contains("metadata") : nullptr;
  return meta && meta->is_object() && meta->get_object().contains("resourceVersion");
}

Result<PatchBody> readPatch(bus::PatchType type, const std::string& text, FieldValidation validation) {
  PatchBody patch{type, validation, nullptr};
  CLEAT_TRY(json::value value, object::parseJson(text, {}, &patch.problems));
  patch.value = std::move(value);
  if (type != bus::PatchType::json) return patch;
  addUnknownMembers(patch.value, patch.problems);
  for (std::string& problem : patch.problems) problem = "json patch " + problem;
  return patch;
}

Result<PatchBody> readApplied(const std::string& text, FieldValidation validation) {
  PatchBody patch{bus::PatchType::apply, validation, nullptr};
  std::vector<std::string> duplicates;
  Result<json::value> value = object::parseJson(text, {}, &duplicates);
  // As YAML, whose lines are what is told of equal keys.
  if (!value || !duplicates.empty()) value = object::parseYaml(text, {}, &patch.problems);
  if (!value) {
    Status status = value.error();
    if (status.is(400)) status.message = "error decoding patch: error converting YAML to JSON: " + status.message;
    return fail(status);
  }
  patch.value = std::move(*value);
  return patch;
}

Result<object::Decoded> patched(const PatchBody& patch, const object::Kind& kind, const object::Message& current) {
  CLEAT_TRY(json::value next, applyTo(patch, kind, object::toValue(kind, current.words())));
  Result<object::Decoded> decoded =
      object::decodePatched(kind, next, patch.validation, patch.problems, integersIn(patch));
  if (decoded || !decoded.error().is(400)) return decoded;
  std::string shown;
  if (patch.type == bus::PatchType::strategic) {
    appendGo(shown, patch.value);
  } else {
    shown = object::jsonText(next);
  }
  return fail(invalidPatch(shown, decoded.error().message));
}

Result<std::vector<std::string>> problemsOf(const PatchBody& applied) {
  if (applied.problems.empty() || applied.validation == FieldValidation::ignore) return std::vector<std::string>();
  if (applied.validation == FieldValidation::warn) return applied.problems;
  return fail(Status::badRequest("error strict decoding patch: error converting YAML to JSON: " +
                                 object::strictYamlError(applied.problems)));
}

}  // namespace cleat::gate
