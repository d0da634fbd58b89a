// A server's end of HttpClient for tests: requests wait here until the test answers them.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "core/http/http_client.h"

namespace cleat::bus {

class FakeServer final : public http::HttpClient {
 public:
  class Exchange final : public http::ClientExchange {
   public:
    Exchange(http::ClientRequest asked, std::shared_ptr<http::ResponseReceiver> by)
        : request(std::move(asked)), receiver_(std::move(by)) {}

    void cancel() override {
      cancelled = true;
      end(Status::unavailable("cancelled"));
    }
    void head(int status) { receiver_->onHead({.status = status, .headers = {}}); }
    void body(std::string_view piece) { receiver_->onBody(piece); }
    void end(std::optional<Status> failure = std::nullopt) {
      if (receiver_) std::exchange(receiver_, nullptr)->onEnd(std::move(failure));
    }
    void answer(int status, std::string_view text, std::vector<std::pair<std::string, std::string>> headers = {}) {
      http::ClientHead head{.status = status};
      for (const auto& [name, value] : headers) head.headers.add(name, value);
      receiver_->onHead(std::move(head));
      if (!text.empty()) receiver_->onBody(text);
      end();
    }
    bool ended() const { return receiver_ == nullptr; }

    const http::ClientRequest request;
    bool cancelled = false;

   private:
    std::shared_ptr<http::ResponseReceiver> receiver_;
  };

  std::shared_ptr<http::ClientExchange> start(http::ClientRequest request,
                                              std::shared_ptr<http::ResponseReceiver> receiver) override {
    auto exchange = std::make_shared<Exchange>(std::move(request), std::move(receiver));
    waiting_.push_back(exchange);
    all_.push_back(exchange);
    ++requests;
    return exchange;
  }

  // The oldest request that the test has not seen yet.
  std::shared_ptr<Exchange> next() {
    if (waiting_.empty()) {
      ADD_FAILURE() << "nothing was asked";
      return nullptr;
    }
    auto exchange = waiting_.front();
    waiting_.pop_front();
    return exchange;
  }
  // Breaks off whatever is still open, as the end of a process does.
  void endAll() {
    while (!all_.empty()) {
      auto exchange = all_.back();
      all_.pop_back();
      exchange->end(Status::unavailable("the test is over"));
    }
  }
  bool isIdle() const { return waiting_.empty(); }

  int requests = 0;

 private:
  std::deque<std::shared_ptr<Exchange>> waiting_, all_;
};

}  // namespace cleat::bus
