#include "probes/net_client.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>

#include "asio-common/io_context.h"
#include "probes/grpc_health.h"
#include "server/net_socket.h"

namespace cleat::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr size_t kMostBody = 10 * 1024;
constexpr uint32_t kMostHeader = 64 * 1024;
constexpr size_t kBlock = 4 * 1024;
constexpr std::string_view kNotInUrls = " \"<>\\^`{|}";
constexpr std::string_view kNotInHeaderNames = " ()<>@,;:\\\"/[]?={}";

// The addresses of a host. Pods are probed by address: only a name that a probe gives asks a resolver.
void withEndpoints(tcp::resolver& resolver, const std::string& host, uint16_t port,
                   std::function<void(ErrorCode, std::vector<TcpEndpoint>)> then) {
  ErrorCode notAnAddress;
  auto address = asio::ip::make_address(host, notAnAddress);
  if (!notAnAddress) return then({}, {TcpEndpoint(address, port)});
  resolver.async_resolve(host, std::to_string(port),
                         [then = std::move(then)](ErrorCode error, const tcp::resolver::results_type& found) {
                           std::vector<TcpEndpoint> endpoints;
                           for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                           then(error, std::move(endpoints));
                         });
}

// "Connection refused" as Go words it.
std::string dialError(const std::string& host, uint16_t port, const ErrorCode& error) {
  if (error == beast::error::timeout) return concat("dial tcp ", hostPort(host, port), ": i/o timeout");
  std::string message = error.message();
  if (!message.empty()) message[0] = static_cast<char>(message[0] | 0x20);
  return concat("dial tcp ", hostPort(host, port), ": connect: ", message);
}

std::string awaitError(const ErrorCode& error) {
  if (error == beast::error::timeout) {
    return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  }
  if (error == http::error::end_of_stream || error == asio::error::eof) return "EOF";
  return error.message();
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A pod's author chooses path and headers: nothing in them may begin a line or a request of its own. What a URL cannot
// hold is escaped, as Go does it.
std::string escapedPath(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    if (isControl(c) || byte >= 0x80 || kNotInUrls.find(c) != std::string_view::npos) {
      escaped += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// Why the request cannot be sent, in Go's words; empty if it can.
std::string unsendable(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    bool token = !name.empty() && std::ranges::none_of(name, [](char c) {
      return isControl(c) || static_cast<unsigned char>(c) >= 0x80 ||
             kNotInHeaderNames.find(c) != std::string_view::npos;
    });
    if (!token) return concat("net/http: invalid header field name \"", name, "\"");
    if (std::ranges::any_of(value, [](char c) { return isControl(c) && c != '\t'; })) {
      return concat("net/http: invalid header field value for \"", name, "\"");
    }
  }
  return {};
}

std::string textOf(const HttpRequest& request) {
  std::string text = concat("GET ", escapedPath(request.path), " HTTP/1.1\r\n");
  for (const auto& [name, value] : request.headers) {
    if (!beast::iequals(name, "Connection")) text += concat(name, ": ", value, "\r\n");
  }
  return text + "Connection: close\r\n\r\n";
}

// One request, from connecting to the answer. Lives in the handlers of what it waits for.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, HttpRequest request, Duration timeout, std::function<void(HttpAnswer)> done)
      : resolver_(io), socket_(std::make_shared<NetSocket>(io)), request_(std::move(request)), timeout_(timeout),
        done_(std::move(done)) {
    parser_.eager(true);
    parser_.body_limit(boost::none);
    parser_.header_limit(kMostHeader);
    parser_.get().body().data = body_.data();
    parser_.get().body().size = body_.size();
  }

  void begin() {
    if (std::string why = unsendable(request_); !why.empty()) return fail(std::move(why));
    socket_->expiresAfter(timeout_);
    withEndpoints(resolver_, request_.host, request_.port,
                  [self = shared_from_this()](ErrorCode error, std::vector<TcpEndpoint> found) {
                    if (error) return self->fail(dialError(self->request_.host, self->request_.port, error));
                    self->connect(found);
                  });
  }

 private:
  void connect(const std::vector<TcpEndpoint>& found) {
    socket_->connect(found, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->fail(dialError(self->request_.host, self->request_.port, error));
      self->request_.tls ? self->handshake() : self->send();
    });
  }

  void handshake() {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_verify_mode(asio::ssl::verify_none);
    socket_->handshake(context.native_handle(), NetSocket::Side::client, [self = shared_from_this()](ErrorCode error) {
      // OpenSSL takes the beginning of a plain answer for a version of TLS.
      if (error.category() == asio::error::get_ssl_category() &&
          ERR_GET_REASON(error.value()) == SSL_R_WRONG_VERSION_NUMBER) {
        return self->end({.error = "http: server gave HTTP response to HTTPS client", .withoutTls = true});
      }
      if (error) return self->fail(concat("remote error: tls: ", error.message()));
      self->send();
    });
  }

  void send() {
    out_ = textOf(request_);
    socket_->write(out_, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->fail(awaitError(error));
      self->receive();
    });
  }

  void receive() {
    size_t room = beast::read_size(buffer_, kBlock);
    if (room == 0) return take(http::error::buffer_overflow);
    socket_->read(buffer_.prepare(room), [self = shared_from_this()](ErrorCode error, size_t got) {
      self->buffer_.commit(got);
      self->take(error);
    });
  }

  // What is beyond the limit is not waited for, and neither is a body that ends in an error worth failing for.
  void take(ErrorCode error) {
    if (!error) buffer_.consume(parser_.put(buffer_.cdata(), error));
    if (error == asio::error::eof && parser_.got_some()) parser_.put_eof(error);
    if (error == http::error::need_more) error = {};
    if (error && !parser_.is_header_done()) return fail(awaitError(error));
    if (error || parser_.is_done() || parser_.get().body().size == 0) return finish();
    receive();
  }

  void finish() {
    size_t got = kMostBody - parser_.get().body().size;
    const auto location = parser_.get()[http::field::location];
    end({.status = static_cast<int>(parser_.get().result_int()),
         .location = std::string(location.data(), location.size()),
         .body = std::string(body_.data(), got)});
  }
  void fail(std::string why) { end({.error = std::move(why)}); }
  void end(HttpAnswer answer) {
    socket_->close();
    if (done_) std::exchange(done_, nullptr)(std::move(answer));
  }

  tcp::resolver resolver_;
  NetSocketPtr socket_;
  HttpRequest request_;
  Duration timeout_;
  std::function<void(HttpAnswer)> done_;
  std::string out_;
  beast::flat_buffer buffer_{kMostHeader + kMostBody};
  std::array<char, kMostBody> body_;
  http::response_parser<http::buffer_body> parser_;
};

// A connection that is only made, or on which a health check is carried out.
class Dialogue : public std::enable_shared_from_this<Dialogue> {
 public:
  Dialogue(asio::io_context& io, std::string host, uint16_t port, std::shared_ptr<GrpcHealthCheck> check,
           std::function<void(std::string)> done)
      : resolver_(io), socket_(std::make_shared<NetSocket>(io)), host_(std::move(host)), port_(port),
        check_(std::move(check)), done_(std::move(done)) {}

  void begin(Duration timeout) {
    socket_->expiresAfter(timeout);
    withEndpoints(resolver_, host_, port_,
                  [self = shared_from_this()](ErrorCode error, std::vector<TcpEndpoint> found) {
                    if (error) return self->end(dialError(self->host_, self->port_, error));
                    self->socket_->connect(found, [self](ErrorCode failed) {
                      if (failed) return self->end(dialError(self->host_, self->port_, failed));
                      if (!self->check_) return self->end({});
                      self->send(self->check_->opening());
                    });
                  });
  }

 private:
  void send(std::string bytes) {
    out_ = std::move(bytes);
    socket_->write(out_, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->end(awaitError(error));
      self->receive();
    });
  }

  void receive() {
    socket_->read(asio::buffer(in_), [self = shared_from_this()](ErrorCode error, size_t got) {
      if (error) return self->end(self->check_->verdict());
      std::string reply = self->check_->take(std::string_view(self->in_.data(), got));
      if (self->check_->done()) return self->end(self->check_->verdict());
      reply.empty() ? self->receive() : self->send(std::move(reply));
    });
  }

  void end(std::string why) {
    socket_->close();
    if (done_) std::exchange(done_, nullptr)(std::move(why));
  }

  tcp::resolver resolver_;
  NetSocketPtr socket_;
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
  auto check = std::make_shared<GrpcHealthCheck>(hostPort(host, port), service);
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
