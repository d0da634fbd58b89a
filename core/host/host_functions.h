// The table of functions that the host gives to plugins in this process: each finds the link that its context belongs
// to.
#pragma once

#include <cleat_abi.h>

#include <memory>

namespace cleat::host {

class InProcessLink;

const cleat_host& hostFunctions();

// A plugin's context. It is never freed: a stray thread of a plugin may come with it after the plugin was stopped, and
// is then ignored.
cleat_context* makeContext(std::weak_ptr<InProcessLink> link);
// Told by the link's destructor.
void linkEnds(cleat_context& context);

}  // namespace cleat::host
