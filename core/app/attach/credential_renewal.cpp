#include "core/app/attach/credential_renewal.h"

#include <cleat/sdk/text.h>

#include "core/base/log.h"

namespace cleat::app {
namespace {

constexpr std::chrono::seconds kLookEvery{30};

bool sameCredentials(const http::ClientCredentials& a, const http::ClientCredentials& b) {
  return a.certificatePem == b.certificatePem && a.keyPem == b.keyPem && a.bearerToken == b.bearerToken;
}

}  // namespace

CredentialRenewal::CredentialRenewal(base::Executor& executor, ServerAccess access,
                                     std::shared_ptr<http::HttpsClient> client)
    : executor_(executor), access_(std::move(access)), client_(std::move(client)), presented_(access_.presented) {}

void CredentialRenewal::begin() {
  MutexLock lock(mutex_);
  wait();
}

void CredentialRenewal::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  executor_.cancelTimer(timer_);
}

void CredentialRenewal::wait() {
  if (stopped_) return;
  timer_ = executor_.after(kLookEvery, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->executor_.postBlocking([self] { self->look(); });
  });
}

void CredentialRenewal::look() {
  MutexLock lock(mutex_);
  if (stopped_) return;
  Result<http::ClientCredentials> now = readCredentials(access_);
  Result<void> taken;
  if (!now) {
    taken = fail(now.error());
  } else if (!sameCredentials(*now, presented_)) {
    taken = client_->setCredentials(*now);
    if (taken) {
      presented_ = std::move(*now);
      base::log(base::LogLevel::info, "attach", "the credentials have been replaced");
    }
  }
  if (!taken) {
    base::log(base::LogLevel::warn, "attach", concat("the credentials stay as they are: ", taken.error().message));
  }
  wait();
}

}  // namespace cleat::app
