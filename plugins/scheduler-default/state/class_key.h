// What makes two pods one class, as bytes: equal for equal pods.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <string>

namespace cleat::scheduling {

std::string classKeyOf(const Object<core_v1::Pod>& pod);

}  // namespace cleat::scheduling
