// PatchBody: a patch as it came, read once, and made into an object of each state that it is tried on.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "core/bus/cluster.h"

namespace cleat::gate {

struct PatchBody {
  bus::PatchType type = bus::PatchType::merge;
  object::FieldValidation validation = object::FieldValidation::ignore;
  boost::json::value value;
  std::vector<std::string> problems = {};  // of its text: `duplicate field "spec.replicas"`

  // Of a merge: whether it demands a revision. One that it leaves alone is no demand.
  bool namesRevision() const;
};

// 400 where the text is none of its format.
Result<PatchBody> readPatch(bus::PatchType type, const std::string& text, object::FieldValidation validation);
// For server-side apply: YAML, or JSON, which is read faster.
Result<PatchBody> readApplied(const std::string& text, object::FieldValidation validation);

// What the patch makes of an object; for server-side apply see core/object/apply/apply.h. 422 where that is no object
// of the kind, or where the patch has problems and is to be strict.
Result<object::Decoded> patched(const PatchBody& patch, const object::Kind& kind, const object::Message& current);
// The problems of what was applied: warnings, or a 400 where it is to be strict.
Result<std::vector<std::string>> problemsOf(const PatchBody& applied);

}  // namespace cleat::gate
