// Whether a kind, or a subresource of one, offers a verb.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/object/kind.h"

namespace cleat::object {

// `of` has `verbs`.
template <class Of>
bool hasVerb(const Of& of, std::string_view verb) {
  return std::ranges::find(of.verbs, verb) != of.verbs.end();
}

}  // namespace cleat::object
