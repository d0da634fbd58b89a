// Other names of what a request is about: versions of its resource, and the same objects in another group. A rule that
// says `matchPolicy: Equivalent` may be written with any of them, and its webhook or policy gets the objects as it
// knows them.
#pragma once

#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy-common/known_kinds.h"

namespace cleat::policy {

struct Equivalent {
  std::string group, version, resource, kind;
  bool isConverted = false;  // by a webhook of whoever brought the kind: the same words mean something else there
};

// Of a kind that comes with the server.
std::vector<Equivalent> builtInEquivalents(std::string_view group, std::string_view version, std::string_view resource);

// Why nobody here can show an object by a name that `isConverted`, and what helps.
std::string unconverted(const Equivalent& other);

// The object as the other kind has it: the same one where the two differ by their names alone.
AnyRef convertedObject(const AnyRef& object, const KindKey& from, const KindKey& to);
// What was made of such a one, as the first kind has it again: with the status of `original`, which is nobody's to
// change on the way.
AnyRef convertedBack(const AnyRef& changed, const AnyRef& original, const KindKey& from, const KindKey& to);

}  // namespace cleat::policy
