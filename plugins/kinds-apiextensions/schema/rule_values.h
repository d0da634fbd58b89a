// Custom objects as expressions look at them: views of the tree, by the shapes that the schema gives. Nothing is
// copied.
#pragma once

#include <cleat/cel/value.h>

#include "kinds-apiextensions/schema/rule_types.h"
#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

// Both have to live as long as the value.
cel::Value ruleValue(const Validated& value, const Shape& shape);

}  // namespace cleat::kinds::extensions
