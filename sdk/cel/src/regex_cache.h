// Patterns that were compiled lately; expressions ask for the same ones over and over. Private to the library.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

namespace cleat::cel {

// Never null; `ok()` says whether it is one. Any thread may ask.
std::shared_ptr<const re2::RE2> findRegex(std::string_view pattern);
// What is wrong with one that is none, as Go says it: "missing closing ): `(a`".
std::string regexFault(const re2::RE2& pattern);

}  // namespace cleat::cel
