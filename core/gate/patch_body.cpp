#include "core/gate/patch_body.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/object/go_names.h"
#include "core/object/json/go_text.h"
#include "core/object/json/json_text.h"
#include "core/object/json/strict_errors.h"
#include "core/object/patch/patch.h"

namespace cleat::gate {
namespace {

using object::FieldValidation;
using object::JsonMember;
using object::JsonNode;

// Kubernetes reads the operations into structs of its own before it applies them.
void addUnknownMembers(const JsonNode& operations, std::vector<std::string>& problems) {
  static constexpr std::string_view kKnown[] = {"op", "path", "from", "value"};
  if (!operations.isArray()) return;
  for (uint32_t i = 0; i < operations.count; ++i) {
    const JsonNode& operation = operations.elements[i];
    if (!operation.isObject()) continue;
    for (const JsonMember& member : operation.object()) {
      if (!object::mayTellMore(problems)) return;
      if (std::ranges::find(kKnown, member.name) != std::end(kKnown)) continue;
      problems.push_back("unknown field \"[" + std::to_string(i) + "]." + std::string(member.name) + "\"");
    }
  }
}

// `shown` is the value that is refused.
Status invalidPatch(const std::string& shown, const std::string& why) {
  return Status::invalid(
      "", "",
      {{"FieldValueInvalid", "Invalid value: " + object::jsonText(JsonNode::ofText(shown)) + ": " + why, "patch"}});
}

// What of a patch cannot be read. A number that is too large is one nevertheless, and is said by who reads the values.
Status noPatch(bus::PatchType type, Status wrong) {
  if (!wrong.is(400)) return wrong;
  const bool isNumber = wrong.message.starts_with(object::kUnmarshalNumber);
  if (isNumber && type == bus::PatchType::strategic) return wrong;
  return Status::badRequest(concat(isNumber ? "error decoding patch: " : "invalid JSON patch: ", wrong.message));
}

Result<void> applyTo(const PatchBody& patch, const object::Kind& kind, object::PatchTree& tree, JsonNode& target) {
  switch (patch.type) {
    case bus::PatchType::json: return object::applyJsonPatch(tree, target, patch.value());
    case bus::PatchType::merge: return object::applyMergePatch(tree, target, patch.value());
    default: return object::applyStrategicPatch(kind, tree, target, patch.value());
  }
}

// A patch leaves the object its name.
Result<void> checkNamed(const object::Message& current, const object::Message& next) {
  if (next.meta().getName().size() > 0 || current.meta().getName().size() == 0) return {};
  return fail(Status::badRequest("the name of the object (" + str(current.meta().getName()) +
                                 " based on URL) was undeterminable: name must be provided"));
}

Status mustBe(std::string_view said, std::string_view wanted, const char* field, std::string_view kind,
              std::string_view name) {
  return Status::invalid(
      std::string(kind), std::string(name),
      {{"FieldValueInvalid", concat("Invalid value: ", inQuotes(said), ": must be ", wanted), field}});
}

// What the object says to be after the patch. A strategic one knows which struct it is about, and leaves that alone.
Result<void> checkType(const object::Kind& kind, const object::Message& current, const JsonNode& next) {
  const std::string_view name = next.textMember("kind"), version = next.textMember("apiVersion");
  const bool isOther = !name.empty() && name != kind.name,
             isElsewhere = !version.empty() && version != kind.apiVersion();
  if (!isOther && !isElsewhere) return {};
  if (kind.open) {
    const std::string said = concat(isOther ? name : kind.name, ".", kind.group),
                      object = str(current.meta().getName());
    return fail(isOther ? mustBe(name, kind.name, "kind", said, object)
                        : mustBe(version, kind.apiVersion(), "apiVersion", said, object));
  }
  return fail(invalidPatch(object::jsonText(next), isOther ? object::unknownConversion(version, name, kind)
                                                           : object::notRegistered(version, kind.name)));
}

// What a strategic patch makes is read from a tree, what others make is text again.
object::Integers integersIn(const PatchBody& patch) {
  return patch.type == bus::PatchType::strategic ? object::Integers::anyForm : object::Integers::plain;
}

}  // namespace

bool PatchBody::namesRevision() const {
  const JsonNode* meta = value().find("metadata");
  return meta && meta->find("resourceVersion");
}

Result<PatchBody> readPatch(bus::PatchType type, std::string text, FieldValidation validation) {
  PatchBody patch{type, validation, nullptr};
  auto kept = std::make_shared<PatchText>(std::move(text));
  Result<object::JsonDocument> document = object::JsonDocument::parse(kept->text, {}, &patch.problems);
  if (!document) return fail(noPatch(type, document.error()));
  kept->document = std::move(*document);
  patch.text = std::move(kept);
  if (type != bus::PatchType::json) return patch;
  addUnknownMembers(patch.value(), patch.problems);
  for (std::string& problem : patch.problems) problem = "json patch " + problem;
  return patch;
}

Result<PatchBody> readApplied(std::string text, FieldValidation validation) {
  PatchBody patch{bus::PatchType::apply, validation, nullptr};
  auto kept = std::make_shared<PatchText>(std::move(text));
  std::vector<std::string> duplicates;
  Result<object::JsonDocument> document = object::JsonDocument::parse(kept->text, {}, &duplicates);
  if (!document || !duplicates.empty()) {
    // As YAML, whose lines are what is told of equal keys.
    Result<boost::json::value> value = object::parseYaml(kept->text, {}, &patch.problems);
    if (!value) {
      Status status = value.error();
      if (status.is(400)) status.message = "error decoding patch: error converting YAML to JSON: " + status.message;
      return fail(status);
    }
    document = object::JsonDocument::of(*value);
  }
  kept->document = std::move(*document);
  patch.text = std::move(kept);
  return patch;
}

Result<object::Decoded> patched(const PatchBody& patch, const object::Kind& kind, const object::Message& current) {
  object::JsonArena arena;
  object::PatchTree tree(arena);
  JsonNode next = object::nodeOf(arena, kind, current.words());
  CLEAT_TRY(applyTo(patch, kind, tree, next));
  if (patch.type != bus::PatchType::strategic) {
    CLEAT_TRY(checkType(kind, current, next));
  }
  Result<object::Decoded> decoded =
      object::decodePatched(kind, next, arena, patch.validation, patch.problems, integersIn(patch));
  if (decoded) {
    CLEAT_TRY(checkNamed(current, *decoded->message));
  }
  if (decoded || !decoded.error().is(400)) return decoded;
  const bool strategic = patch.type == bus::PatchType::strategic;
  return fail(
      invalidPatch(strategic ? object::goText(patch.value()) : object::jsonText(next), decoded.error().message));
}

Result<void> checkAppliedKind(const PatchBody& applied, const object::Kind& kind) {
  const JsonNode& value = applied.value();
  if (!value.isObject()) return {};  // its reader says what it should be
  std::string_view version = value.textMember("apiVersion"), name = value.textMember("kind");
  if (version == kind.apiVersion() && name == kind.name) return {};
  std::string shown(version);
  if (shown.find('/') == std::string::npos) shown = "/" + shown;
  return fail(Status::badRequest("invalid object type: " + shown + ", Kind=" + std::string(name)));
}

Result<std::vector<std::string>> problemsOf(const PatchBody& applied) {
  if (applied.problems.empty() || applied.validation == FieldValidation::ignore) return std::vector<std::string>();
  if (applied.validation == FieldValidation::warn) return applied.problems;
  return fail(Status::badRequest("error strict decoding patch: error converting YAML to JSON: " +
                                 object::strictYamlError(applied.problems)));
}

}  // namespace cleat::gate
