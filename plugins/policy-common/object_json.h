// Objects of any kind as JSON shows them, written at once from their words: the text that webhooks are sent.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <string>

#include "policy-common/known_kinds.h"
#include "policy-common/struct_view.h"

namespace cleat::policy {

// "null" for one that refers to nothing. `isCustom`: users brought the kind. An error for a kind that nobody here can
// read; nothing is appended then.
Result<void> appendObjectJson(std::string& out, const AnyRef& object, const KindKey& kind, bool isCustom);

void appendStructJson(std::string& out, capnp::AnyStruct::Reader from, const StructLayout& layout);

}  // namespace cleat::policy
