#include "server/byte_link.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <array>

namespace cleat::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr size_t kLongestMessage = 1u << 20;
constexpr size_t kLinkBlock = 32 * 1024;
constexpr size_t kMostAtOnce = 64 * 1024;

class TlsLink : public ByteLink, public std::enable_shared_from_this<TlsLink> {
 public:
  explicit TlsLink(SessionPtr session) : session_(std::move(session)) {}

  void read(std::function<void(ErrorCode, std::string_view)> then) override {
    auto& early = session_->buffer;
    if (early.size() > 0) {  // came with the request
      first_.assign(static_cast<const char*>(early.data().data()), early.size());
      early.consume(early.size());
      asio::post(session_->socket->executor(),
                 [self = shared_from_this(), then = std::move(then)] { then({}, self->first_); });
      return;
    }
    session_->socket->read(asio::buffer(block_),
                           [self = shared_from_this(), then = std::move(then)](ErrorCode error, size_t got) {
                             then(error, std::string_view(self->block_.data(), got));
                           });
  }
  void write(std::string_view bytes, std::function<void(ErrorCode)> then) override {
    session_->socket->write(bytes,
                            [self = shared_from_this(), then = std::move(then)](ErrorCode error) { then(error); });
  }
  void close() override { session_->socket->close(); }

 private:
  SessionPtr session_;
  std::string first_;
  std::array<char, kLinkBlock> block_{};
};

// The socket as Beast wants streams to be.
class WebSocketBytes {
 public:
  using executor_type = NetSocket::Executor;

  explicit WebSocketBytes(NetSocketPtr socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_->executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    asio::mutable_buffer first = *asio::buffer_sequence_begin(buffers);
    return asio::async_initiate<Token, void(ErrorCode, size_t)>(
        [this, first](auto handler) { socket_->read(first, std::move(handler)); }, token);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    out_.resize(std::min(asio::buffer_size(buffers), kMostAtOnce));
    asio::buffer_copy(asio::buffer(out_), buffers);
    return asio::async_initiate<Token, void(ErrorCode, size_t)>(
        [this](auto handler) {
          socket_->write(out_, [handler = std::move(handler), size = out_.size()](ErrorCode error) mutable {
            handler(error, error ? 0 : size);
          });
        },
        token);
  }

  friend void beast_close_socket(WebSocketBytes& bytes) { bytes.socket_->close(); }
  template <class Handler>
  friend void async_teardown(beast::role_type, WebSocketBytes& bytes, Handler&& then) {
    bytes.socket_->shutdown(std::forward<Handler>(then));
  }

 private:
  NetSocketPtr socket_;
  std::string out_;
};

class WebSocketLink : public MessageLink, public std::enable_shared_from_this<WebSocketLink> {
 public:
  explicit WebSocketLink(SessionPtr session) : session_(std::move(session)), socket_(session_->socket) {}

  void accept(const std::string& protocol, MessageType type, std::function<void(MessageLinkPtr)> then) {
    socket_.set_option(
        websocket::stream_base::timeout{std::chrono::seconds(10), websocket::stream_base::none(), false});
    socket_.set_option(websocket::stream_base::decorator([protocol](websocket::response_type& answer) {
      if (!protocol.empty()) answer.set(http::field::sec_websocket_protocol, protocol);
    }));
    socket_.read_message_max(kLongestMessage);
    socket_.binary(type == MessageType::binary);
    socket_.auto_fragment(false);
    socket_.async_accept(session_->request, [self = shared_from_this(), then = std::move(then)](ErrorCode error) {
      if (!error) then(self);
    });
  }

  void read(std::function<void(ErrorCode, std::string_view)> then) override {
    message_.consume(message_.size());
    socket_.async_read(message_, [self = shared_from_this(), then = std::move(then)](ErrorCode error, size_t) {
      then(error, std::string_view(static_cast<const char*>(self->message_.data().data()), self->message_.size()));
    });
  }
  void write(std::string_view bytes, std::function<void(ErrorCode)> then) override {
    socket_.async_write(asio::buffer(bytes),
                        [self = shared_from_this(), then = std::move(then)](ErrorCode error, size_t) { then(error); });
  }
  void finish(std::function<void()> then) override {
    socket_.async_close(websocket::close_code::normal,
                        [self = shared_from_this(), then = std::move(then)](ErrorCode) { then(); });
  }
  void close() override { session_->socket->close(); }

 private:
  SessionPtr session_;
  websocket::stream<WebSocketBytes, false> socket_;
  beast::flat_buffer message_{kLongestMessage + 1024};
};

}  // namespace

void upgradeToSpdy(SessionPtr session, const std::string& streamProtocol, std::function<void(ByteLinkPtr)> then) {
  auto head = std::make_shared<std::string>(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
      "X-Stream-Protocol-Version: " +
      streamProtocol + "\r\n\r\n");
  session->socket->write(*head, [session, head, then = std::move(then)](ErrorCode error) {
    if (!error) then(std::make_shared<TlsLink>(session));
  });
}

void upgradeToWebSocket(SessionPtr session, const std::string& protocol, MessageType type,
                        std::function<void(MessageLinkPtr)> then) {
  std::make_shared<WebSocketLink>(std::move(session))->accept(protocol, type, std::move(then));
}

}  // namespace cleat::agent
