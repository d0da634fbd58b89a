// FencedClient: the way to a server for what only a leader may ask. While its fence is open requests pass; when it has
// closed, by itself at the time that it was opened until, they are refused with 503 and nothing is sent. What was begun
// before is broken off some time after that, before anybody else may have become the leader.
//
//   FencedClient client(executor, server, "controller-deployment does not lead");
//   client.open({.endsAt = renewed + 10s, .breaksOffAt = renewed + 15s});    // again and again
#pragma once

#include <cleat/sdk/mutex.h>

#include <limits>
#include <memory>
#include <string>

#include "core/base/executor.h"
#include "core/http/http_client.h"

namespace cleat::app {

class FencedClient final : public http::HttpClient {
 public:
  // Of the executor's clock, in nanoseconds.
  struct Term {
    int64_t endsAt = 0, breaksOffAt = 0;
  };
  static constexpr Term kForEver{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max()};

  // `refusal` is what a request is told that comes while it is closed.
  FencedClient(base::Executor& executor, std::shared_ptr<http::HttpClient> server, std::string refusal);

  void open(Term term);
  void close() { open({}); }
  bool isOpen() const;

  std::shared_ptr<http::ClientExchange> start(http::ClientRequest request,
                                              std::shared_ptr<http::ResponseReceiver> receiver) override;

 private:
  base::Executor& executor_;
  const std::shared_ptr<http::HttpClient> server_;
  const std::string refusal_;
  mutable Mutex mutex_;
  Term term_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::app
