#include "cleat/cel/environment.h"

#include "checker.h"
#include "constant_folding.h"
#include "resolver.h"

namespace cleat::cel {

Compiled Environment::compile(std::string_view source) const {
  Compiled compiled;
  Parsed parsed = parse(source, parsing_);
  if (!parsed.expr) {
    compiled.syntax = true;
    compiled.issues = std::move(parsed.issues);
  } else {
    const size_t slots = resolveNames(parsed.expr, *this);
    if (checking_.check) checkTypes(*parsed.expr, *this, compiled.issues);
    if (compiled.issues.empty()) {
      std::vector<std::string> names;
      for (const Variable& variable : variables_) names.push_back(variable.name);
      std::string fault = checking_.oneElementType ? foldConstants(*parsed.expr) : std::string();
      compiled.program = std::make_shared<const Program>(std::string(source), std::move(parsed.expr), std::move(names),
                                                         slots, functions_, std::move(fault));
      return compiled;
    }
  }
  compiled.message = issuesText(source, compiled.issues);
  return compiled;
}

bool Program::uses(std::string_view variable) const {
  for (size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i] == variable) return usesSlot(*expr_, static_cast<int32_t>(i));
  }
  return false;
}

}  // namespace cleat::cel
