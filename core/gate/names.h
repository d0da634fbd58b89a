// Names of objects: the rules that a kind can choose from, Kubernetes' words for breaking them, and generated names.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/base/executor.h"
#include "core/object/kind.h"

namespace cleat::gate {

// What is wrong with `name` (the message of a FieldValueInvalid), or nothing.
std::optional<std::string> wrongName(object::NameRule rule, std::string_view name);

// `generateName` with five random letters, short enough for a label (63).
std::string generateName(base::Executor& executor, std::string_view generateName);

// A random (version 4) UUID in its usual text form.
std::string makeUid(base::Executor& executor);

// RFC 3339 in UTC with seconds, from nanoseconds since the Unix epoch.
std::string formatTime(int64_t wallNs);

}  // namespace cleat::gate
