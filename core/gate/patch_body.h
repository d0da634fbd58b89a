// PatchBody: a patch as it came, read once, and made into an object of each state that it is tried on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/bus/cluster.h"
#include "core/object/json/json_document.h"

namespace cleat::gate {

// A text and what was read in it.
struct PatchText {
  std::string text;
  object::JsonDocument document = {};
};

struct PatchBody {
  bus::PatchType type = bus::PatchType::merge;
  object::FieldValidation validation = object::FieldValidation::ignore;
  std::shared_ptr<const PatchText> text;
  std::vector<std::string> problems = {};  // of its text: `duplicate field "spec.replicas"`

  const object::JsonNode& value() const { return text->document.root(); }

  // Of a merge: whether it demands a revision. One that it leaves alone is no demand.
  bool namesRevision() const;
};

// 400 where the text is none of its format.
Result<PatchBody> readPatch(bus::PatchType type, std::string text, object::FieldValidation validation);
// For server-side apply: YAML, or JSON, which is read faster.
Result<PatchBody> readApplied(std::string text, object::FieldValidation validation);

// What the patch makes of an object; for server-side apply see core/object/apply/apply.h. 422 where that is no object
// of the kind, or where the patch has problems and is to be strict.
Result<object::Decoded> patched(const PatchBody& patch, const object::Kind& kind, const object::Message& current);
// 400 where what is applied says to be of another kind or version, or does not say it.
Result<void> checkAppliedKind(const PatchBody& applied, const object::Kind& kind);
// The problems of what was applied: warnings, or a 400 where it is to be strict.
Result<std::vector<std::string>> problemsOf(const PatchBody& applied);

}  // namespace cleat::gate
