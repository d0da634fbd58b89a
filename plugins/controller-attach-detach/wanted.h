// Which volumes the pods of a node want attached to it. Pure.
#pragma once

#include "plan.h"

namespace cleat::attach_detach {

// Whether anything of the pod may still use its volumes on its node.
bool usesVolumes(const Object<Pod>& pod);

// The names of the claims that the pod refers to or has made for it.
std::vector<std::string> claimsOf(const Object<Pod>& pod);

// By the names of their attachments. Volumes of drivers that attach nothing are not among them.
std::map<std::string, Wanted, std::less<>> wantedOn(std::string_view node, const Surroundings& around);

}  // namespace cleat::attach_detach
