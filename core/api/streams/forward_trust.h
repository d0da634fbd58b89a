// ForwardTrust: TLS to servers that a plugin has the server forward to: whom they are to be vouched for by, and what
// they are shown. Made once for each such pair and kept for a while, so that certificates that were renewed in their
// files are taken up. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <string>

#include "core/base/executor.h"
#include "core/http/tls_context.h"

namespace cleat::api {

struct TrustWanted {
  std::string caBundle;  // PEM; empty: what this machine trusts
  bool skipVerify = false;
  std::string certificateFile, keyFile;  // empty: it is shown nothing
  auto operator<=>(const TrustWanted&) const = default;
};

class ForwardTrust {
 public:
  explicit ForwardTrust(base::Executor& executor) : executor_(executor) {}

  Result<std::shared_ptr<http::TlsContext>> contextFor(const TrustWanted& wanted);

 private:
  struct Kept {
    std::shared_ptr<http::TlsContext> context;
    int64_t until = 0;
  };
  base::Executor& executor_;
  Mutex mutex_;
  std::map<TrustWanted, Kept> kept_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::api
