// What an API server says of the resources of a version (an APIResourceList), as aggregated discovery says it: a list
// of APIResourceDiscovery, with the subresources in their resources.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::aggregator {

// JSON to JSON. An error where the text is no such list.
Result<std::string> aggregatedResources(std::string_view resourceList, std::string_view group,
                                        std::string_view version);

}  // namespace cleat::aggregator
