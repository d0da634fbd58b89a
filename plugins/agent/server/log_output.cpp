#include "server/log_output.h"

#include <array>
#include <charconv>

#include "server/byte_link.h"
#include "server/channel_messages.h"

namespace cleat::agent {
namespace {

constexpr auto kWriteTimeout = std::chrono::minutes(5);
constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr const char* kBytes = "binary.k8s.io";
constexpr const char* kText = "base64.binary.k8s.io";

class ChunkedOutput : public LogOutput, public std::enable_shared_from_this<ChunkedOutput> {
 public:
  explicit ChunkedOutput(SessionPtr session) : session_(std::move(session)) {}

  void begin(Done then, std::function<void()> ended) override {
    session_->socket->write(kHead,
                            [self = shared_from_this(), then = std::move(then)](ErrorCode error) { then(!error); });
    watch(std::move(ended));
  }
  void write(std::string_view text, Done then) override {
    char size[16];
    chunk_.assign(size, std::to_chars(size, size + sizeof size, text.size(), 16).ptr);
    chunk_.append("\r\n").append(text).append("\r\n");
    session_->socket->expiresAfter(kWriteTimeout);
    session_->socket->write(chunk_, [self = shared_from_this(), then = std::move(then)](ErrorCode error) {
      self->session_->socket->expiresNever();
      then(!error);
    });
  }
  void finish(std::function<void()> then) override {
    session_->socket->write(kLastChunk, [self = shared_from_this(), then = std::move(then)](ErrorCode) { then(); });
  }

 private:
  void watch(std::function<void()> ended) {
    session_->socket->read(boost::asio::buffer(ignored_),
                           [self = shared_from_this(), ended = std::move(ended)](ErrorCode error, size_t) mutable {
                             error ? ended() : self->watch(std::move(ended));
                           });
  }

  SessionPtr session_;
  std::string chunk_;
  std::array<char, 256> ignored_{};
};

class MessageOutput : public LogOutput, public std::enable_shared_from_this<MessageOutput> {
 public:
  MessageOutput(SessionPtr session, std::string protocol)
      : session_(std::move(session)), protocol_(std::move(protocol)) {}

  void begin(Done then, std::function<void()> ended) override {
    auto type = protocol_ == kText ? MessageType::text : MessageType::binary;
    upgradeToWebSocket(
        session_, protocol_, type,
        [self = shared_from_this(), then = std::move(then), ended = std::move(ended)](MessageLinkPtr client) {
          self->client_ = std::move(client);
          self->watch(ended);
          // An empty message tells the client that the log was found.
          self->write({}, then);
        });
  }
  void write(std::string_view text, Done then) override {
    if (protocol_ == kText) text = message_ = encodeBase64(text);
    session_->socket->expiresAfter(kWriteTimeout);
    client_->write(text, [self = shared_from_this(), then = std::move(then)](ErrorCode error) {
      self->session_->socket->expiresNever();
      then(!error);
    });
  }
  void finish(std::function<void()> then) override { client_->finish(std::move(then)); }

 private:
  void watch(std::function<void()> ended) {
    client_->read([self = shared_from_this(), ended = std::move(ended)](ErrorCode error, std::string_view) mutable {
      error ? ended() : self->watch(std::move(ended));
    });
  }

  SessionPtr session_;
  const std::string protocol_;
  MessageLinkPtr client_;
  std::string message_;
};

}  // namespace

std::shared_ptr<LogOutput> logOutput(SessionPtr session) {
  if (!wantsUpgrade(session->request, "websocket")) return std::make_shared<ChunkedOutput>(std::move(session));
  auto protocol = agreeOnSubprotocol(session->request, {kBytes, kText});
  if (!protocol) return nullptr;
  return std::make_shared<MessageOutput>(std::move(session), *protocol);
}

}  // namespace cleat::agent
