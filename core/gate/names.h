// Names of objects: the rules that a kind can choose from, Kubernetes' words for breaking them, and generated names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/object/kind.h"

namespace cleat::gate {

// What is wrong with a name (each the message of a FieldValueInvalid); nothing when it is right.
using Wrongs = std::vector<std::string>;
Wrongs wrongName(object::NameRule rule, std::string_view name);
// With what is to become the beginning of one (metadata.generateName).
Wrongs wrongPrefix(object::NameRule rule, std::string_view prefix);

// What is wrong with an object's name, and with the prefix that it is or was made of.
std::vector<StatusCause> checkNames(const object::Kind& kind, const std::string& name, const std::string& prefix);

// As much of the prefix as leaves room for five random letters in a label (63).
std::string generateName(base::Executor& executor, std::string_view prefix);

// A random (version 4) UUID in its usual text form.
std::string makeUid(base::Executor& executor);

// RFC 3339 in UTC with seconds, from nanoseconds since the Unix epoch.
std::string formatTime(int64_t wallNs);

// A body that has a name has the one on the URL; 400 otherwise. An empty `name` is none.
Result<void> checkNameOnUrl(std::string_view name, const bus::Target& target);
// The same of its namespace as well, where the kind is in one: otherNamespace().
Result<void> checkAddress(std::string_view ns, std::string_view name, const bus::Target& target);
Status otherNamespace();

}  // namespace cleat::gate
