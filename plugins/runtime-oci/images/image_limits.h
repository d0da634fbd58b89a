// How much an image may take on this machine. A stranger made it: some kilobytes of compressed zeros are a full disk.
#pragma once

#include <cstdint>
#include <string>

namespace cleat::runtime {

struct LayerLimits {
  uint64_t bytes = uint64_t{32} << 30;  // of the archive uncompressed, and of its files together, holes included
  const char* bytesSetting = "max_layer_bytes";  // whose value `bytes` is, to be named
  // The uncompressed archive has at most `ratio` times the bytes of the packed one; below `ratioFloorBytes` it does not
  // matter.
  uint64_t ratio = 200;
  uint64_t ratioFloorBytes = uint64_t{64} << 20;
  uint64_t entries = 4'000'000;
};

struct ImageLimits {
  LayerLimits layer;
  uint64_t bytes = uint64_t{128} << 30;  // of all layers together
};

// The most bytes of a manifest, and of an image's configuration.
inline constexpr uint64_t kManifestLimit = 4u << 20;
// As many layers overlayfs can stack.
inline constexpr uint64_t kMostLayers = 127;

}  // namespace cleat::runtime
