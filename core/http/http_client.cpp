#include "core/http/http_client.h"

namespace cleat::http {
namespace {

// Gathers a whole response.
class Gatherer final : public ResponseReceiver {
 public:
  explicit Gatherer(Completion<Result<ClientResponse>> done) : done_(std::move(done)) {}

  void onHead(ClientHead head) override { response_.head = std::move(head); }
  void onBody(std::string_view piece) override {
    if (response_.body.size() + piece.size() > HttpClient::kMaxResponseBytes) {
      tooLong_ = true;
      return;
    }
    response_.body.append(piece);
  }
  void onEnd(std::optional<Status> failure) override {
    if (tooLong_) {
      failure = Status::tooLarge("the server's response is longer than " +
                                 std::to_string(HttpClient::kMaxResponseBytes) + " bytes");
    }
    if (failure) {
      done_.complete(fail(std::move(*failure)));
    } else {
      done_.complete(std::move(response_));
    }
  }

 private:
  Completion<Result<ClientResponse>> done_;
  ClientResponse response_;
  bool tooLong_ = false;
};

}  // namespace

Task<Result<ClientResponse>> HttpClient::send(ClientRequest request) {
  Completion<Result<ClientResponse>> done;
  start(std::move(request), std::make_shared<Gatherer>(done));
  co_return co_await done;
}

}  // namespace cleat::http
