// Mirror pods: what a node shows of a pod that it runs by itself. Since anybody can call a pod one, it gets no service
// account and may refer to nothing that an account would be asked for.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>

namespace cleat {

bool isMirror(const Object<core_v1::Pod>& pod);

// Why a mirror pod is refused; nothing where it is in order.
std::optional<std::string> wrongWithMirror(core_v1::PodSpec::Reader spec);

}  // namespace cleat
