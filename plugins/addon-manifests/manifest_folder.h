// The manifests in a folder: each document of its files *.yaml, *.yml and *.json, in the order of the files' names.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::manifests {

// The documents of a file, without those that are nothing but comments.
std::vector<std::string> documentsOf(std::string_view text);

// Blocks. The error names the folder or the file that cannot be read.
Result<std::vector<std::string>> readManifests(const std::string& folder);

}  // namespace cleat::manifests
