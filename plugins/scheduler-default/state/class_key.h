// What makes two pods one class, as bytes: equal for equal pods.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <cstdint>
#include <string>

namespace cleat::scheduling {

// What the scheduler itself looks at, or also what somebody else might: what stands in annotations and in containers.
enum class ClassKey : uint8_t { own, whole };
std::string classKeyOf(const Object<core_v1::Pod>& pod, ClassKey which = ClassKey::own);

}  // namespace cleat::scheduling
