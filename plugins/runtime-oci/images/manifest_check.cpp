#include "images/manifest_check.h"

#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>

#include <algorithm>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

}  // namespace

Result<uint64_t> largestBlob(const std::string& manifest, const ImageLimits& limits) try {
  const json::value value = json::parse(manifest);
  const json::object& root = value.as_object();
  // A list of manifests, or the form of before 2017, which has no sizes.
  if (root.contains("manifests") || root.contains("fsLayers")) return limits.layer.bytes;
  const json::array& layers = root.at("layers").as_array();
  if (layers.size() > kMostLayers)
    return fail(
        Status::tooLarge(concat("the image has ", layers.size(), " layers; at most ", kMostLayers, " can be stacked")));
  uint64_t largest = root.at("config").as_object().at("size").to_number<uint64_t>();
  if (largest > kManifestLimit)
    return fail(Status::tooLarge(
        concat("the image's configuration has ", largest, " bytes; at most ", kManifestLimit, " are read")));
  uint64_t all = 0;
  for (const json::value& each : layers) {
    const json::object& layer = each.as_object();
    uint64_t size = layer.at("size").to_number<uint64_t>();
    if (size > limits.layer.bytes)
      return fail(Status::tooLarge(concat("layer ", std::string_view(layer.at("digest").as_string()), " has ", size,
                                          " bytes; max_layer_bytes allows ", limits.layer.bytes)));
    largest = std::max(largest, size);
    all += size;
  }
  if (all > limits.bytes)
    return fail(
        Status::tooLarge(concat("the image's layers have ", all, " bytes; max_image_bytes allows ", limits.bytes)));
  return largest;
} catch (const std::exception& error) {
  return fail(Status::badRequest(concat("the image's manifest is malformed: ", error.what())));
}

}  // namespace cleat::runtime
