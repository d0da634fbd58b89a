// FrontProxy: how the API servers behind this one know that it is this one who speaks to them for somebody: an
// authority for that alone, and a client certificate that it has signed. Both are made at the first start; the
// certificate is made anew at a start when less than a third of its life is left.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::aggregator {

struct FrontProxy {
  // The name in the client certificate.
  static constexpr const char* kName = "front-proxy-client";

  std::string authorityPem;
  std::string certificateFile, keyFile;
  std::string certificatePem, keyPem;  // what is in these

  // Reads the files of `folder`, or makes them. Blocks.
  static Result<FrontProxy> open(const std::string& folder);
};

}  // namespace cleat::aggregator
