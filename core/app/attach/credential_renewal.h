// CredentialRenewal: takes credentials anew from the files that a kubeconfig names, since tokens of service accounts
// and certificates are replaced there while a program runs. Looks every half minute, and keeps what it has while a
// file cannot be read.
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>

#include "core/app/attach/server_access.h"

namespace cleat::app {

class CredentialRenewal : public std::enable_shared_from_this<CredentialRenewal> {
 public:
  CredentialRenewal(base::Executor& executor, ServerAccess access, std::shared_ptr<http::HttpsClient> client);
  void begin();
  void stop();

 private:
  void look();
  void wait() CLEAT_REQUIRES(mutex_);

  base::Executor& executor_;
  const ServerAccess access_;
  const std::shared_ptr<http::HttpsClient> client_;
  Mutex mutex_;
  http::ClientCredentials presented_ CLEAT_GUARDED_BY(mutex_);
  base::TimerId timer_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool stopped_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::app
