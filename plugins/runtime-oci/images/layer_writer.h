// Unpacks one layer of an image, a tar archive, into a folder that overlayfs can stack.
//
// A layer is a stranger's: its names may climb ("../"), lead through symbolic links of its own making, or ask for
// extended attributes that steer overlayfs. Every name is therefore resolved by the kernel as if the folder were the
// root of all files (openat2 with RESOLVE_IN_ROOT), and only harmless attributes are taken over.
//
// What a layer removes from those below it (".wh.NAME", ".wh..wh..opq") becomes what overlayfs knows for it: a
// character device 0/0, and the attribute trusted.overlay.opaque.
//
// Blocks, needs root; one call works on one folder and shares nothing with another.
#pragma once

#include "images/image_limits.h"

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>

namespace cleat::runtime {

struct UnpackedLayer {
  std::string digest;  // "sha256:…" of the uncompressed archive, by which an image's configuration names the layer
  std::string packedDigest;    // and of the file, by which its manifest does
  uint64_t unpackedBytes = 0;  // of the uncompressed archive or, where holes make it more, of the files in it
};

// `folder` exists and is empty. `layer` is a tar file, plain or compressed by gzip, zstd, bzip2 or xz. Code 413 when it
// has more than the limits allow; what has been unpacked until then stays in `folder`, for the caller to remove.
Result<UnpackedLayer> unpackLayer(const std::string& layer, const std::string& folder, const LayerLimits& limits = {});

}  // namespace cleat::runtime
