#include "core/app/attach/fenced_client.h"

#include <algorithm>

namespace cleat::app {
namespace {

// Of a request that was never made.
class RefusedExchange final : public http::ClientExchange {
 public:
  void cancel() override {}
};

}  // namespace

FencedClient::FencedClient(base::Executor& executor, std::shared_ptr<http::HttpClient> server, std::string refusal)
    : executor_(executor), server_(std::move(server)), refusal_(std::move(refusal)) {}

void FencedClient::open(Term term) {
  MutexLock lock(mutex_);
  term_ = term;
}

bool FencedClient::isOpen() const {
  MutexLock lock(mutex_);
  return executor_.now() < term_.endsAt;
}

std::shared_ptr<http::ClientExchange> FencedClient::start(http::ClientRequest request,
                                                          std::shared_ptr<http::ResponseReceiver> receiver) {
  const int64_t now = executor_.now();
  Term term;
  {
    MutexLock lock(mutex_);
    term = term_;
  }
  if (now >= term.endsAt) {
    receiver->onEnd(Status::unavailable(refusal_));
    return std::make_shared<RefusedExchange>();
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(term.breaksOffAt - now));
  request.timeout = std::min(request.timeout, left);
  return server_->start(std::move(request), std::move(receiver));
}

}  // namespace cleat::app
