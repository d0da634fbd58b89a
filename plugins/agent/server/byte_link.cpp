#include "server/byte_link.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <array>

namespace cleat::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr size_t kLongestMessage = 1u << 20;
constexpr size_t kBlock = 32 * 1024;

// What was read must have ended before the socket goes.
void dropSocket(SessionPtr session) {
  beast::get_lowest_layer(session->stream).cancel();
  asio::post(session->stream.get_executor(), [session] {
    ErrorCode ignored;
    beast::get_lowest_layer(session->stream).socket().close(ignored);
  });
}

class TlsLink : public ByteLink, public std::enable_shared_from_this<TlsLink> {
 public:
  explicit TlsLink(SessionPtr session) : session_(std::move(session)) {}

  void read(std::function<void(ErrorCode, std::string_view)> then) override {
    auto& early = session_->buffer;
    if (early.size() > 0) {  // came with the request
      first_.assign(static_cast<const char*>(early.data().data()), early.size());
      early.consume(early.size());
      asio::post(session_->stream.get_executor(),
                 [self = shared_from_this(), then = std::move(then)] { then({}, self->first_); });
      return;
    }
    session_->stream.async_read_some(asio::buffer(block_),
                                     [self = shared_from_this(), then = std::move(then)](ErrorCode error, size_t got) {
                                       then(error, std::string_view(self->block_.data(), got));
                                     });
  }
  void write(std::string_view bytes, std::function<void(ErrorCode)> then) override {
    asio::async_write(session_->stream, asio::buffer(bytes),
                      [self = shared_from_this(), then = std::move(then)](ErrorCode error, size_t) { then(error); });
  }
  void close() override { dropSocket(session_); }

 private:
  SessionPtr session_;
  std::string first_;
  std::array<char, kBlock> block_{};
};

class WebSocketLink : public ByteLink, public std::enable_shared_from_this<WebSocketLink> {
 public:
  explicit WebSocketLink(SessionPtr session) : session_(std::move(session)), socket_(session_->stream) {}

  void accept(const std::string& protocol, std::function<void(ByteLinkPtr)> then) {
    socket_.set_option(websocket::stream_base::timeout{std::chrono::seconds(10), websocket::stream_base::none(), false});
    socket_.set_option(websocket::stream_base::decorator([protocol](websocket::response_type& answer) {
      answer.set(http::field::sec_websocket_protocol, protocol);
    }));
    socket_.read_message_max(kLongestMessage);
    socket_.binary(true);
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
  void close() override { dropSocket(session_); }

 private:
  SessionPtr session_;
  websocket::stream<TlsSocket&> socket_;
  beast::flat_buffer message_{kLongestMessage + 1024};
};

}  // namespace

void upgradeToSpdy(SessionPtr session, const std::string& streamProtocol, std::function<void(ByteLinkPtr)> then) {
  auto head = std::make_shared<std::string>(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
      "X-Stream-Protocol-Version: " + streamProtocol + "\r\n\r\n");
  asio::async_write(session->stream, asio::buffer(*head),
                    [session, head, then = std::move(then)](ErrorCode error, size_t) {
                      if (!error) then(std::make_shared<TlsLink>(session));
                    });
}

void upgradeToWebSocket(SessionPtr session, const std::string& protocol, std::function<void(ByteLinkPtr)> then) {
  std::make_shared<WebSocketLink>(std::move(session))->accept(protocol, std::move(then));
}

}  // namespace cleat::agent
