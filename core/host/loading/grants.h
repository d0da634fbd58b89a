// What a plugin is allowed: lines of "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]", the core group written as "-", as its
// manifest asks for them; and what an operator leaves of that.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::host {

// Whether each line is a grant; the error names the first that is none. Empty lines count for nothing.
Result<void> checkGrants(const std::string& asked);

// `given`, line by line, as the plugin's grants; the error names what of it is none, or was not asked for.
Result<std::string> narrowGrants(const std::string& asked, const std::vector<std::string>& given);

// The lines of `now` that ask for more than `before` does, "; " between them; empty: none.
std::string grantsBeyond(const std::string& before, const std::string& now);

}  // namespace cleat::host
