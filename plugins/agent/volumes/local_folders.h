// The folders that volumes of the class local-path are on this node: all of them directly below one folder, the root,
// and each called as its volume. Whatever a volume says its path is, and whatever lies there, nothing outside the root
// is made or removed. Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::agent {

// The name of the folder that `path` is below the root; nothing for a path that is no such folder, however it is
// written.
std::optional<std::string> localFolderIn(std::string_view root, std::string_view path);

// Why a folder cannot be the root; empty: it can. It is an absolute path as the kernel would print it, and more than
// "/".
std::string wrongLocalPathRoot(std::string_view root);

// Makes the folder, open to everybody as an emptyDir is, unless it is there. What is there and no folder is an error.
Result<void> makeLocalFolder(const std::string& root, const std::string& name);

// Removes it with all that is in it. What is absent already is success; what is no folder stays and is an error.
Result<void> removeLocalFolder(const std::string& root, const std::string& name);

}  // namespace cleat::agent
