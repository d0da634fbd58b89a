// What a manifest says of the image's size, looked at before anything of it is fetched.
#pragma once

#include "images/image_limits.h"

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::runtime {

// The most bytes that one of the image's blobs may have: as many as the largest has by its manifest or, where
// `manifest` is a list of manifests and the image is chosen out of it, as a layer may have. Code 413 when it has more
// or larger layers than the limits allow, 400 when it is no manifest.
Result<uint64_t> largestBlob(const std::string& manifest, const ImageLimits& limits);

}  // namespace cleat::runtime
