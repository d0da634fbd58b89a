// `'%s has %d'.format([name, count])`. Private to the library.
#pragma once

#include <string_view>

#include "cleat/cel/value.h"

namespace cleat::cel {

Value formatText(std::string_view pattern, const ListValue& args);

}  // namespace cleat::cel
