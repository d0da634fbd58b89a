// A text for a message, with all that is in it: what Cap'n Proto makes of a std::string alone ends at its first NUL,
// and would be another name than the one that was checked.
#pragma once

#include <capnp/blob.h>

#include <string>

namespace cleat {

// Of `text` for as long as that stays as it is.
inline capnp::Text::Reader wholeText(const std::string& text) { return {text.c_str(), text.size()}; }

}  // namespace cleat
