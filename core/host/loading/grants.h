// What a plugin is allowed: lines of "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]", the core group written as "-", as its
// manifest asks for them; and what an operator leaves of that.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::host {

// `given`, line by line, as the plugin's grants; the error names what of it is none, or was not asked for.
Result<std::string> narrowGrants(const std::string& asked, const std::vector<std::string>& given);

}  // namespace cleat::host
