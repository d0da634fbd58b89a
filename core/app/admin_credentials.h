// AdminCredentials: the administrator's certificate and key. Making the key takes a core some tenths of a second, and
// nothing of the server waits for it, so it is made beside all that comes up. Its work is waited for in any case: it
// ends before what it writes to.
#pragma once

#include <future>

#include "core/app/pki.h"
#include "core/base/executor.h"

namespace cleat::app {

class AdminCredentials {
 public:
  // `admin.crt` and `admin.key` in the folder of `pki`, where they are not there or near their end.
  AdminCredentials(base::Executor& executor, const Pki& pki) {
    executor.postBlocking([pki, made = std::move(made_)]() mutable {
      CertificateRequest admin;
      admin.commonName = "kubernetes-admin";
      admin.organizations = {"system:masters"};
      admin.rsa = true;  // fabric8's client for Java, as it is, reads no other private keys
      made.set_value(pki.ensure("admin", admin));
    });
  }
  ~AdminCredentials() { ready_.wait(); }
  AdminCredentials(const AdminCredentials&) = delete;
  AdminCredentials& operator=(const AdminCredentials&) = delete;

  // When they are there, or why they cannot be.
  Result<void> wait() const { return ready_.get(); }

 private:
  std::promise<Result<void>> made_;
  const std::shared_future<Result<void>> ready_ = made_.get_future().share();
};

}  // namespace cleat::app
