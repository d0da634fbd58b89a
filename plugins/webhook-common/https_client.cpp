#include "webhook-common/https_client.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "asio-common/io_context.h"
#include "webhook-common/connections.h"
#include "webhook-common/trust.h"

namespace cleat::webhook {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr uint32_t kMostHeader = 64 * 1024;
constexpr std::string_view kDeadline = "context deadline exceeded";

// "Connection refused" as Go words it.
std::string lowered(std::string message) {
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') message[0] = static_cast<char>(message[0] | 0x20);
  return message;
}

}  // namespace

struct HttpsClient::Impl {
  HttpsLimits limits;
  IoThread io;
  // On the thread alone.
  Connections connections{limits.mostAtOnce, limits.mostKept};
  TrustCache trust;
};

namespace {

// One call, from connecting to the answer. Lives in the handlers of what it waits for.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(HttpsClient::Impl& client, HttpsRequest request, bool isPost, std::function<void(HttpsAnswer)> done)
      : client_(client), io_(client.io.impl().context), limit_(io_), resolver_(io_), request_(std::move(request)),
        isPost_(isPost),
        server_(concat(request_.plain ? "http " : "", request_.host, ' ', request_.port, ' ', request_.serverName, ' ',
                       request_.trust, ' ', request_.certificate, ' ', request_.trustsAnybody)),
        done_(std::move(done)) {}

  void begin(Duration timeout) {
    if (!client_.connections.enter(server_)) {
      entered_ = false;
      return fail("too many calls of this server are under way");
    }
    limit_.expires_after(timeout);
    limit_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (!error) self->expire();
    });
    head_.version(11);
    head_.method(isPost_ ? http::verb::post : http::verb::get);
    head_.target(request_.target);
    head_.set(http::field::host, request_.authority);
    if (isPost_) head_.set(http::field::content_type, "application/json");
    head_.set(http::field::accept, "application/json, */*");
    if (!request_.authorization.empty()) head_.set(http::field::authorization, request_.authorization);
    head_.set(http::field::user_agent, "cleat");
    for (const auto& [name, value] : request_.headers) head_.insert(name, value);
    head_.body() = std::move(request_.body);
    head_.prepare_payload();
    if (auto kept = client_.connections.take(server_)) {
      connection_ = std::move(kept);
      isKept_ = true;
      return send();
    }
    resolve();
  }

 private:
  void resolve() {
    ErrorCode notAnAddress;
    auto address = asio::ip::make_address(request_.host, notAnAddress);
    if (!notAnAddress) return connect({tcp::endpoint(address, request_.port)});
    resolver_.async_resolve(request_.host, std::to_string(request_.port),
                            [self = shared_from_this()](ErrorCode error, const tcp::resolver::results_type& found) {
                              if (self->ended()) return;
                              if (error) {
                                return self->fail(concat("dial tcp: lookup ", self->request_.host, ": no such host"));
                              }
                              std::vector<tcp::endpoint> endpoints;
                              for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                              self->connect(std::move(endpoints));
                            });
  }

  void connect(std::vector<tcp::endpoint> endpoints) {
    std::string why;
    auto context = client_.trust.contextFor({request_.trust, request_.certificate, request_.key}, why);
    if (!context) return fail(std::move(why));
    connection_ = std::make_shared<Connection>(io_, std::move(context));
    isKept_ = false;
    endpoints_ = std::move(endpoints);
    asio::async_connect(connection_->stream.next_layer(), endpoints_,
                        [self = shared_from_this()](ErrorCode error, const tcp::endpoint&) {
                          if (self->ended()) return;
                          if (error) {
                            return self->fail(concat("dial tcp ", hostPort(self->request_.host, self->request_.port),
                                                     ": connect: ", lowered(error.message())));
                          }
                          if (self->request_.plain) return self->send();
                          self->handshake();
                        });
  }

  void handshake() {
    ErrorCode ignored;
    connection_->stream.next_layer().set_option(tcp::no_delay(true), ignored);
    if (request_.trustsAnybody) {
      acceptAnybody(connection_->stream.native_handle());
    } else {
      expectServer(connection_->stream.native_handle(), request_.serverName);
    }
    connection_->stream.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](ErrorCode error) {
      if (self->ended()) return;
      if (error) {
        return self->fail(
            handshakeError(self->connection_->stream.native_handle(), self->request_.serverName, error.value()));
      }
      self->send();
    });
  }

  void send() {
    if (request_.plain) return sendOn(connection_->stream.next_layer());
    sendOn(connection_->stream);
  }

  template <class Stream>
  void sendOn(Stream& stream) {
    http::async_write(stream, head_, [self = shared_from_this(), &stream](ErrorCode error, size_t) {
      if (self->ended()) return;
      if (error) return self->failInCall(error);
      self->receiveOn(stream);
    });
  }

  template <class Stream>
  void receiveOn(Stream& stream) {
    parser_.emplace();
    parser_->body_limit(client_.limits.mostBody);
    parser_->header_limit(kMostHeader);
    http::async_read(stream, connection_->buffer, *parser_, [self = shared_from_this()](ErrorCode error, size_t) {
      if (self->ended()) return;
      if (error) return self->failInCall(error);
      self->finish();
    });
  }

  // One that was kept may have been closed in the meantime, which is no failure of the call.
  void failInCall(ErrorCode error) {
    if (isKept_ && !(parser_ && parser_->got_some())) {
      connection_.reset();
      return resolve();
    }
    if (error == http::error::body_limit) {
      return fail(concat("the answer is longer than ", client_.limits.mostBody, " bytes"));
    }
    if (error == http::error::end_of_stream || error == asio::error::eof ||
        error == asio::ssl::error::stream_truncated) {
      return fail("EOF");
    }
    fail(lowered(error.message()));
  }

  void finish() {
    HttpsAnswer answer{{}, static_cast<int>(parser_->get().result_int()), std::move(parser_->get().body())};
    if (parser_->keep_alive() && connection_->buffer.size() == 0) {
      client_.connections.keep(server_, std::exchange(connection_, nullptr));
    }
    end(std::move(answer));
  }

  void expire() { fail(std::string(kDeadline)); }
  void fail(std::string why) { end({std::move(why)}); }

  bool ended() const { return !done_; }
  void end(HttpsAnswer answer) {
    if (ended()) return;
    limit_.cancel();
    resolver_.cancel();
    // What is under way on it ends then, and finds that this has ended.
    if (connection_) connection_->close();
    if (entered_) client_.connections.leave(server_);
    std::exchange(done_, nullptr)(std::move(answer));
  }

  HttpsClient::Impl& client_;
  asio::io_context& io_;
  asio::steady_timer limit_;
  tcp::resolver resolver_;
  HttpsRequest request_;
  const bool isPost_;
  const std::string server_;
  bool entered_ = true;
  std::function<void(HttpsAnswer)> done_;
  std::vector<tcp::endpoint> endpoints_;
  std::shared_ptr<Connection> connection_;
  bool isKept_ = false;
  http::request<http::string_body> head_;
  std::optional<http::response_parser<http::string_body>> parser_;
};

}  // namespace

HttpsClient::HttpsClient(Context& context, HttpsLimits limits)
    : context_(context), impl_(std::make_unique<Impl>(limits)) {}
HttpsClient::~HttpsClient() { stop(); }
void HttpsClient::stop() { impl_->io.stop(); }

Task<HttpsAnswer> HttpsClient::post(HttpsRequest request, Duration timeout) {
  return send(std::move(request), true, timeout);
}
Task<HttpsAnswer> HttpsClient::get(HttpsRequest request, Duration timeout) {
  return send(std::move(request), false, timeout);
}

Task<HttpsAnswer> HttpsClient::send(HttpsRequest request, bool isPost, Duration timeout) {
  Completion<HttpsAnswer> answered;
  std::function<void(HttpsAnswer)> done = [&context = context_, answered](HttpsAnswer answer) {
    context.post([answered, answer = std::move(answer)]() mutable { answered.complete(std::move(answer)); });
  };
  auto shared = std::make_shared<HttpsRequest>(std::move(request));
  impl_->io.post([impl = impl_.get(), shared, isPost, timeout, done] {
    std::make_shared<Exchange>(*impl, std::move(*shared), isPost, done)->begin(timeout);
  });
  co_return co_await answered;
}

}  // namespace cleat::webhook
