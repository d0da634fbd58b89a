// Which of two versions of an API comes first: v2 before v1 before v1beta2 before v1beta1 before v1alpha1 before all
// others (Kubernetes, "Version priority" of CustomResourceDefinitions).
#pragma once

#include <string_view>

namespace cleat::object {

bool prefersVersion(std::string_view a, std::string_view b);

}  // namespace cleat::object
