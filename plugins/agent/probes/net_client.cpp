#include "probes/net_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cleat/sdk/text.h>

#include <array>
#include <optional>

#include "probes/grpc_health.h"
#include "server/io_context.h"

namespace cleat::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr size_t kMostBody = 10 * 1024;
constexpr uint32_t kMostHeader = 64 * 1024;

// The addresses of a host. Pods are probed by address: only a name that a probe gives asks a resolver.
void withEndpoints(tcp::resolver& resolver, const std::string& host, uint16_t port,
                   std::function<void(ErrorCode, std::vector<tcp::endpoint>)> then) {
  ErrorCode notAnAddress;
  auto address = asio::ip::make_address(host, notAnAddress);
  if (!notAnAddress) return then({}, {tcp::endpoint(address, port)});
  resolver.async_resolve(host, std::to_string(port),
                         [then = std::move(then)](ErrorCode error, const tcp::resolver::results_type& found) {
                           std::vector<tcp::endpoint> endpoints;
                           for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                           then(error, std::move(endpoints));
                         });
}

// "Connection refused" as Go words it.
std::string dialError(const std::string& host, uint16_t port, const ErrorCode& error) {
  if (error == beast::error::timeout) return concat("dial tcp ", host, ":", port, ": i/o timeout");
  std::string message = error.message();
  if (!message.empty()) message[0] = static_cast<char>(message[0] | 0x20);
  return concat("dial tcp ", host, ":", port, ": connect: ", message);
}

std::string awaitError(const ErrorCode& error) {
  if (error == beast::error::timeout) {
    return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  }
  if (error == http::error::end_of_stream || error == asio::error::eof) return "EOF";
  return error.message();
}

// One request, from connecting to the answer. Lives in the handlers of what it waits for.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, HttpRequest request, Duration timeout, std::function<void(HttpAnswer)> done)
      : resolver_(io), stream_(io), request_(std::move(request)), timeout_(timeout), done_(std::move(done)) {
    parser_.body_limit(boost::none);
    parser_.header_limit(kMostHeader);
  }

  void begin() {
    stream_.expires_after(timeout_);
    withEndpoints(resolver_, request_.host, request_.port,
                  [self = shared_from_this()](ErrorCode error, std::vector<tcp::endpoint> found) {
                    if (error) return self->fail(dialError(self->request_.host, self->request_.port, error));
                    self->connect(found);
                  });
  }

 private:
  void connect(const std::vector<tcp::endpoint>& found) {
    stream_.async_connect(found, [self = shared_from_this()](ErrorCode error, const tcp::endpoint&) {
      if (error) return self->fail(dialError(self->request_.host, self->request_.port, error));
      if (!self->request_.tls) return self->send(self->stream_);
      self->handshake();
    });
  }

  void handshake() {
    tlsContext_.emplace(asio::ssl::context::tls_client);
    tlsContext_->set_verify_mode(asio::ssl::verify_none);
    tls_.emplace(stream_, *tlsContext_);
    tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->fail(concat("remote error: tls: ", error.message()));
      self->send(*self->tls_);
    });
  }

  template <class Stream>
  void send(Stream& stream) {
    message_ = {http::verb::get, request_.path, 11};
    for (const auto& [name, value] : request_.headers) message_.insert(name, value);
    message_.set(http::field::connection, "close");
    http::async_write(stream, message_, [self = shared_from_this(), &stream](ErrorCode error, size_t) {
      if (error) return self->fail(awaitError(error));
      self->readHeader(stream);
    });
  }

  template <class Stream>
  void readHeader(Stream& stream) {
    http::async_read_header(stream, buffer_, parser_, [self = shared_from_this(), &stream](ErrorCode error, size_t) {
      if (error) return self->fail(awaitError(error));
      self->readBody(stream);
    });
  }

  // What is beyond the limit is not waited for, and neither is a body that ends in an error worth failing for.
  template <class Stream>
  void readBody(Stream& stream) {
    if (parser_.is_done() || parser_.get().body().size() >= kMostBody) return finish();
    http::async_read_some(stream, buffer_, parser_, [self = shared_from_this(), &stream](ErrorCode error, size_t) {
      if (error) return self->finish();
      self->readBody(stream);
    });
  }

  void finish() {
    HttpAnswer answer;
    answer.status = parser_.get().result_int();
    answer.body = std::move(parser_.get().body());
    if (answer.body.size() > kMostBody) answer.body.resize(kMostBody);
    end(std::move(answer));
  }
  void fail(std::string why) { end({.error = std::move(why)}); }
  void end(HttpAnswer answer) {
    ErrorCode ignored;
    stream_.socket().close(ignored);
    if (done_) std::exchange(done_, nullptr)(std::move(answer));
  }

  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  std::optional<asio::ssl::context> tlsContext_;
  std::optional<beast::ssl_stream<beast::tcp_stream&>> tls_;
  HttpRequest request_;
  Duration timeout_;
  std::function<void(HttpAnswer)> done_;
  http::request<http::empty_body> message_;
  beast::flat_buffer buffer_{kMostHeader + kMostBody};
  http::response_parser<http::string_body> parser_;
};

// A connection that is only made, or on which a health check is carried out.
class Dialogue : public std::enable_shared_from_this<Dialogue> {
 public:
  Dialogue(asio::io_context& io, std::string host, uint16_t port, std::shared_ptr<GrpcHealthCheck> check,
           std::function<void(std::string)> done)
      : resolver_(io), stream_(io), host_(std::move(host)), port_(port), check_(std::move(check)), done_(std::move(done)) {}

  void begin(Duration timeout) {
    stream_.expires_after(timeout);
    withEndpoints(resolver_, host_, port_,
                  [self = shared_from_this()](ErrorCode error, std::vector<tcp::endpoint> found) {
                    if (error) return self->end(dialError(self->host_, self->port_, error));
                    self->stream_.async_connect(found, [self](ErrorCode failed, const tcp::endpoint&) {
                      if (failed) return self->end(dialError(self->host_, self->port_, failed));
                      if (!self->check_) return self->end({});
                      self->send(self->check_->opening());
                    });
                  });
  }

 private:
  void send(std::string bytes) {
    out_ = std::move(bytes);
    asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](ErrorCode error, size_t) {
      if (error) return self->end(awaitError(error));
      self->receive();
    });
  }

  void receive() {
    stream_.async_read_some(asio::buffer(in_), [self = shared_from_this()](ErrorCode error, size_t got) {
      if (error) return self->end(self->check_->verdict());
      std::string reply = self->check_->take(std::string_view(self->in_.data(), got));
      if (self->check_->done()) return self->end(self->check_->verdict());
      reply.empty() ? self->receive() : self->send(std::move(reply));
    });
  }

  void end(std::string why) {
    ErrorCode ignored;
    stream_.socket().close(ignored);
    if (done_) std::exchange(done_, nullptr)(std::move(why));
  }

  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  std::string host_;
  uint16_t port_;
  std::shared_ptr<GrpcHealthCheck> check_;
  std::function<void(std::string)> done_;
  std::string out_;
  std::array<char, 4096> in_{};
};

}  // namespace

Task<HttpAnswer> NetClient::get(HttpRequest request, Duration timeout) {
  Completion<HttpAnswer> answered;
  std::function<void(HttpAnswer)> done = [&context = context_, answered](HttpAnswer answer) {
    context.post([answered, answer = std::move(answer)]() mutable { answered.complete(std::move(answer)); });
  };
  io_.post([&io = io_.impl().context, request, timeout, done] {
    std::make_shared<Exchange>(io, request, timeout, done)->begin();
  });
  co_return co_await answered;
}

Task<std::string> NetClient::connect(std::string host, uint16_t port, Duration timeout) {
  return dial(std::move(host), port, timeout, nullptr);
}

Task<std::string> NetClient::grpcHealth(std::string host, uint16_t port, std::string service, Duration timeout) {
  auto check = std::make_shared<GrpcHealthCheck>(concat(host, ":", port), service);
  return dial(std::move(host), port, timeout, std::move(check));
}

Task<std::string> NetClient::dial(std::string host, uint16_t port, Duration timeout,
                                  std::shared_ptr<GrpcHealthCheck> check) {
  Completion<std::string> answered;
  std::function<void(std::string)> done = [&context = context_, answered](std::string why) {
    context.post([answered, why = std::move(why)]() mutable { answered.complete(std::move(why)); });
  };
  io_.post([&io = io_.impl().context, host, port, timeout, check, done] {
    std::make_shared<Dialogue>(io, host, port, check, done)->begin(timeout);
  });
  co_return co_await answered;
}

}  // namespace cleat::agent
