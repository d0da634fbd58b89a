// What is wrong with a text that is no JSON, or none that is taken here, in the words of Go's decoder and with the
// field in which it is: "invalid character '}' looking for beginning of value at spec.containers[0].image". What Go
// takes and this server does not is said in the same manner: invalid UTF-8, half of a surrogate pair, too deep a
// nesting.
//
// Reads the text once more; asked only when it has been refused.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string_view>

#include "core/object/codec.h"

namespace cleat::object {

// Nothing: the text is JSON after all.
std::optional<Status> faultOf(std::string_view text, const Limits& limits);

}  // namespace cleat::object
