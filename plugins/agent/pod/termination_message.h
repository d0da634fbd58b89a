// What a container that has ended left to be read in its status: the file at its terminationMessagePath or, where the
// pod asks for it, the end of its log. Blocks: for Context::blocking.
#pragma once

#include <string>

#include "runtime_view.h"

namespace cleat::agent {

// Empty when it left nothing.
std::string terminationMessage(const RuntimeContainer& container);

// The last lines of a log in the runtime's format, as text, within both limits.
std::string logTail(const std::string& path, size_t mostLines, size_t mostBytes);

}  // namespace cleat::agent
