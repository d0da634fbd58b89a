// ConversionReview (apiextensions.k8s.io): the text that is sent to a webhook that makes objects of one version ones of
// another, and what comes back. Of an object's metadata it may change labels and annotations alone.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::webhook {

struct Conversion {
  std::string group, kind, from, to;  // "example.com", "Widget", "v1", "v2"
  std::string reviewVersion, uid;
  std::vector<AnyRef> objects;  // trees, of the version `from`
};

Result<std::string> conversionText(const Conversion& conversion);
// As many objects, in their order. An error is Kubernetes': `conversion webhook for example.com/v1, Kind=Widget …`.
Result<std::vector<AnyRef>> readConversion(std::string_view text, const Conversion& conversion);
Status conversionFailure(const Conversion& conversion, std::string_view why);

}  // namespace cleat::webhook
